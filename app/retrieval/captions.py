"""Captions for raw data without a stored one."""

CAPTION_CHARACTERS = 240


def caption_of(
    *, caption: str | None, speaker: str | None, title: str | None, text: str, window: str | None = None
) -> str:
    """Return the stored caption; else the window's caption, the speaker or title, and the beginning of the text."""
    if caption:
        return caption
    head = f"{speaker}: " if speaker else f"{title}: " if title else ""
    body = " ".join(text.split())
    if len(body) > CAPTION_CHARACTERS:
        body = body[:CAPTION_CHARACTERS].rsplit(" ", 1)[0] + "…"
    return f"{window}\n\n{head}{body}" if window else head + body
