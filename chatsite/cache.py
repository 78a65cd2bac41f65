"""A Redis cache that forgets instead of failing while Redis is away."""

import logging

import redis
from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache

logger = logging.getLogger(__name__)


class ForgivingRedisCache(RedisCache):
    """Django's Redis cache; while Redis cannot be reached this process counts for itself, so throttles still work."""

    def __init__(self, server, params):
        super().__init__(server, params)
        self._meanwhile = LocMemCache("while-redis-is-away", {})


def _forgiving(name: str):
    def call(self, *args, **kwargs):
        try:
            return getattr(RedisCache, name)(self, *args, **kwargs)
        except redis.RedisError as error:
            logger.warning("Redis cannot be reached, the cache of this process is used: %s", type(error).__name__)
            return getattr(self._meanwhile, name)(*args, **kwargs)

    call.__name__ = name
    return call


for _name in (
    "add",
    "get",
    "set",
    "touch",
    "delete",
    "get_many",
    "has_key",
    "incr",
    "set_many",
    "delete_many",
    "clear",
):
    setattr(ForgivingRedisCache, _name, _forgiving(_name))
