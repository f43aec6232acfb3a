"""A seed file as editors may read it: everything but the value of `secured`. No ORM."""

import yaml

try:
    from yaml.cyaml import CSafeLoader as Loader
except ImportError:  # PyYAML was built without libyaml: slower, the same events
    from yaml import SafeLoader as Loader

SECRET = "secured"
_OPENS = (yaml.MappingStartEvent, yaml.SequenceStartEvent)
_CLOSES = (yaml.MappingEndEvent, yaml.SequenceEndEvent)


def as_delivered(content: bytes) -> str | None:
    """The file's text with "…" for what `secured` holds, however it is quoted or folded.

    None for a file that cannot be read: what cannot be found cannot be hidden.
    """
    try:
        text = content.decode("utf-8-sig")
        spans = list(_secrets(text))
    except (UnicodeDecodeError, yaml.YAMLError):
        return None
    for start, end in reversed(spans):
        ending = "\n" if text[start:end].endswith("\n") else ""
        text = text[:start] + "…" + ending + text[end:]
    return text


def _secrets(text):
    """Where the values of the outermost mapping's `secured` keys begin and end, in characters."""
    depth, key, start = 0, None, None
    for event in yaml.parse(text, Loader=Loader):
        if isinstance(event, yaml.DocumentEndEvent):
            return
        if isinstance(event, _CLOSES):
            depth -= 1
            if depth == 1:
                if key == SECRET:
                    yield start, event.end_mark.index
                key = None
            continue
        if depth == 1 and isinstance(event, (yaml.ScalarEvent, yaml.AliasEvent)):
            if key is None:
                key = getattr(event, "value", "")
            else:
                if key == SECRET:
                    yield event.start_mark.index, event.end_mark.index
                key = None
        elif isinstance(event, _OPENS):
            if depth == 1:
                start = event.start_mark.index
                key = "" if key is None else key
            depth += 1
