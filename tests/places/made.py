"""Made-up centres, for tests."""

from bot.places.centre import Centre, CentreType, Precision, Site


def site(
    centre: str,
    latitude: float | None = None,
    longitude: float | None = None,
    *,
    number: int = 1,
    precision: Precision = Precision.EXACT,
    **fields: object,
) -> Site:
    """A site at a point."""
    return Site(
        f"{centre}/{number}",
        latitude=latitude,
        longitude=longitude,
        precision=precision,
        **fields,  # type: ignore[arg-type]
    )


def centre(id: str, *sites: Site, **fields: object) -> Centre:
    """A community learning centre of Ho Chi Minh City at *sites* (by default one, nowhere known)."""
    values: dict[str, object] = {
        "name": id, "type": CentreType.TTHTCD, "province_code": "79",
        "source_url": "https://example.vn", "as_of": "2026-11",
    }  # fmt: skip
    return Centre(id=id, sites=sites or (site(id, precision=Precision.PROVINCE),), **(values | fields))  # type: ignore[arg-type]
