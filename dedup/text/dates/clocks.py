"""Times of day in a folded line of text, with am or pm and a zone."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, timezone

_ZONE_HOURS = {
    **dict.fromkeys(("z", "utc", "gmt", "ut", "wet"), 0.0),
    **dict.fromkeys(("bst", "cet", "west", "wat", "mez", "met"), 1.0),
    **dict.fromkeys(("cest", "eet", "cat", "sast", "mesz", "mest", "oez"), 2.0),
    **dict.fromkeys(("eest", "msk", "мск", "eat", "trt", "oesz", "idt"), 3.0),
    **dict.fromkeys(("irst",), 3.5),
    **dict.fromkeys(("gst", "azt", "get", "samt", "irdt"), 4.0),
    **dict.fromkeys(("aft",), 4.5),
    **dict.fromkeys(("pkt", "uzt", "tmt", "tjt", "yekt"), 5.0),
    **dict.fromkeys(("ist", "slst"), 5.5),
    **dict.fromkeys(("npt",), 5.75),
    **dict.fromkeys(("btt", "omst", "kgt", "almt"), 6.0),
    **dict.fromkeys(("mmt",), 6.5),
    **dict.fromkeys(("wib", "ict", "krat", "hovt", "novt"), 7.0),
    **dict.fromkeys(("wita", "hkt", "sgt", "awst", "pht", "phst", "myt", "irkt", "ulat"), 8.0),
    **dict.fromkeys(("wit", "jst", "kst", "yakt", "tlt"), 9.0),
    **dict.fromkeys(("acst",), 9.5),
    **dict.fromkeys(("aest", "chst", "vlat", "pgt"), 10.0),
    **dict.fromkeys(("acdt",), 10.5),
    **dict.fromkeys(("aedt", "sbt", "nct", "magt"), 11.0),
    **dict.fromkeys(("nzst", "fjt", "pett"), 12.0),
    **dict.fromkeys(("nzdt", "tot"), 13.0),
    **dict.fromkeys(("cvt", "azot"), -1.0),
    **dict.fromkeys(("ndt",), -2.5),
    **dict.fromkeys(("brt", "art", "uyt", "clst", "gft", "adt"), -3.0),
    **dict.fromkeys(("nst",), -3.5),
    **dict.fromkeys(("edt", "clt", "bot", "vet", "ast", "gyt", "pyt"), -4.0),
    **dict.fromkeys(("est", "cdt", "cot", "pet", "ect"), -5.0),
    **dict.fromkeys(("cst", "mdt", "galt"), -6.0),
    **dict.fromkeys(("mst", "pdt"), -7.0),
    **dict.fromkeys(("pst", "akdt"), -8.0),
    **dict.fromkeys(("akst", "hdt"), -9.0),
    **dict.fromkeys(("hst",), -10.0),
    **dict.fromkeys(("sst",), -11.0),
}
"""Zones by their usual abbreviations, in hours.

Where one stands for several, the one that news writes: IST of India, BST of Britain, CST of
America, AST of the Atlantic, GST of the Gulf.
"""
_AFTERNOON = frozenset({"pm", "م", "مساء", "下午", "午後", "오후"})
_MORNING = frozenset({"am", "ص", "صباحا", "上午", "午前", "오전"})

CLOCK = re.compile(
    r"""(?<![\d.,:])
    (?:(?P<before>上午|下午|午前|午後|오전|오후)\s?)?
    (?P<hour>[01]?\d|2[0-4])
    (?:\s?(?:[:h]|\.(?=\s?\d\d\s?(?:uhr|wib|wita|wit|gmt|bst|[ap]m)\b))\s?(?P<minute>[0-5]\d)
       (?:\s?:\s?(?P<second>[0-5]\d)(?:[.,](?P<fraction>\d+))?)?
      |\s?(?:[時时点點]|시(?!간))\s?(?:(?P<cjk_minute>[0-5]?\d)\s?[分분])?
      |(?=\s?[ap]\.?m\b))
    (?!\d)
    (?:\s?(?P<after>[ap]\.?\s?m\b\.?|صباحا|مساء|ص(?!\w)|م(?!\w)))?
    (?:\s?(?P<zone>ZONES)\b)?
    (?:\s?(?P<sign>\+|(?<=gmt)-|(?<=utc)-|(?<=\d\s)-(?=\d{4}\b))(?P<zone_hour>0?\d|1[0-4])
       (?::?(?P<zone_minute>[0-5]\d))?(?!\d))?
    """.replace("ZONES", "|".join(_ZONE_HOURS)),
    re.VERBOSE,
)


def clock_time(day: date, clock: re.Match[str]) -> datetime:
    """The UTC time of a match of `CLOCK` on `day`; without a zone, UTC is meant."""
    hour = int(clock["hour"])
    half = (clock["before"] or clock["after"] or "").replace(".", "").replace(" ", "")
    if half in _AFTERNOON and hour < 12:
        hour += 12
    elif half in _MORNING and hour == 12:
        hour = 0
    minute = int(clock["minute"] or clock["cjk_minute"] or 0)
    second = int(clock["second"] or 0)
    microsecond = int((clock["fraction"] or "0")[:6].ljust(6, "0"))
    offset = timedelta(hours=_ZONE_HOURS.get(clock["zone"] or "", 0.0))
    if clock["sign"]:
        offset = timedelta(
            hours=int(clock["zone_hour"]), minutes=int(clock["zone_minute"] or 0)
        ) * (-1 if clock["sign"] == "-" else 1)
    midnight = datetime.combine(day, time(), tzinfo=timezone(offset))
    # Added, not combined: 24:00 is the next day.
    when = midnight + timedelta(
        hours=hour, minutes=minute, seconds=second, microseconds=microsecond
    )
    return when.astimezone(UTC)
