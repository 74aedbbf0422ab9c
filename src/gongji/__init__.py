"""gongji (共济): personal accounts, family sharing and settlement of China's employee medical insurance."""

from importlib.metadata import version

__version__ = version("gongji")
