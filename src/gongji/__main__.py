"""``python -m gongji`` is the ``gongji`` command."""

from gongji.cli import main

main()
