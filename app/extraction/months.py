"""Names of months, in English and other languages."""

from app.extraction.english import MONTHS

# Months of German, Spanish, French, Italian, Portuguese and Dutch, as they stand in explicit dates.
OTHER_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "januar enero janvier gennaio janeiro januari", "februar febrero février febbraio fevereiro februari",
            "märz marzo mars março maart", "abril avril aprile", "mai mayo maggio maio mei", "juni junio juin giugno junho",
            "juli julio juillet luglio julho", "agosto août augustus", "septiembre septembre settembre setembro",
            "oktober octubre octobre ottobre outubro", "noviembre novembre novembro",
            "dezember diciembre décembre dicembre dezembro",
        ), start=1
    )
    for name in names.split()
}  # fmt: skip
# English names, whole and in three letters.
MONTH_NUMBER = (
    {name: i + 1 for i, name in enumerate(MONTHS)} | {name[:3]: i + 1 for i, name in enumerate(MONTHS)} | {"sept": 9}
)
MONTH_NAMES = MONTH_NUMBER.keys() | OTHER_MONTHS.keys()
