"""The demo city, built in the module's database."""

from typing import Any

import pytest

from gongji.demo import city
from gongji.service.platform import Platform


@pytest.fixture
async def built(platform: Platform) -> Platform:
    await city.build(platform)
    return platform


@pytest.fixture
async def now(built: Platform) -> dict[str, Any]:
    return await city.snapshot(built)
