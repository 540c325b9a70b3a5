"""Every kind of change, and what it means for code that was written against the old client: one table.

The letters are the levels on the request side, on the response side, and where neither is concerned: ``B`` breaking,
``C`` compatible, ``D`` documentation, ``-`` does not occur. A few changes are milder or worse than their kind by
default, and the sentence of the change then says why. What decides:

- What is passed is checked: code breaks when it must pass more, or may pass less.
- What is read is only typed: nothing raises, so code breaks when an attribute is gone, holds another Python type, or
  may hold more than its type said. The literals of an enum are closed to the type checkers, hence also one member more.
- A default is never sent. Where it changes, who left the value out asks for something else without a changed line:
  breaking. Where the document begins or ceases to state one, nothing is known to have changed.
- Names count: an argument, an attribute, a method or a class that is called otherwise is gone.
- Models of answers are read, not built: that a field of one is new and required breaks nobody.
"""

from __future__ import annotations

from .change import Level, Side

KINDS: dict[str, tuple[str, str]] = {
    # operations
    "operation-added": ("--C", "there is a new method"),
    "operation-removed": ("--B", "a method is gone"),
    "operation-renamed": ("--B", "the same operation is another Python method"),
    "operation-moved": ("--C", "another path or HTTP method; breaking where the Python method is another one too"),
    "alias-added": ("--C", "a method or resource can be reached by one more name"),
    "alias-removed": ("--B", "a method or resource can no longer be reached by another name it had"),
    "alias-changed": ("--B", "another name leads elsewhere"),
    "operation-deprecated": ("--C", "the operation is deprecated now"),
    "operation-restored": ("--C", "the operation is deprecated no longer"),
    "credentials-added": ("--C", "there is one more way to authenticate"),
    "credentials-removed": ("--B", "a way to authenticate is gone; compatible where less is enough now"),
    "server-group-changed": ("--B", "another group of servers answers, which a client may have at another address"),
    "server-address-changed": ("--C", "a group of servers has other addresses"),
    "security-scheme-added": ("--C", "the document knows one more credential"),
    "security-scheme-removed": ("--C", "the document no longer knows a credential"),
    "security-scheme-changed": ("--C", "a credential travels in another way, which the client looks after"),
    # arguments that are no body
    "parameter-added": ("C--", "there is a new argument, which may be left out"),
    "parameter-added-required": ("B--", "there is a new argument, which must be given"),
    "parameter-removed": ("B--", "an argument is gone"),
    "parameter-renamed": ("B--", "an argument has another Python name"),
    "parameter-wire-name-changed": ("C--", "another name on the wire, the same in Python"),
    "parameter-moved": ("C--", "the same argument travels elsewhere; breaking where it was positional"),
    "parameter-reordered": ("B--", "the positional arguments are in another order"),
    "parameter-required": ("B--", "an argument must be given now"),
    "parameter-optional": ("C--", "an argument may be left out now"),
    "parameter-type-narrowed": ("B--", "an argument takes less"),
    "parameter-type-widened": ("C--", "an argument takes more"),
    "parameter-type-changed": ("B--", "an argument takes something else"),
    "parameter-style-changed": ("C--", "an argument is written differently on the wire"),
    # bodies
    "body-added": ("C--", "the operation takes a body now"),
    "body-added-required": ("B--", "the operation needs a body now"),
    "body-removed": ("B--", "the operation takes no body any more"),
    "body-reshaped": ("B--", "the body was passed as keyword arguments and is one argument now, or the reverse"),
    "body-required": ("B--", "the body must be given now"),
    "body-optional": ("C--", "the body may be left out now"),
    "body-type-narrowed": ("B--", "the body may be fewer things"),
    "body-type-widened": ("C--", "the body may be more things"),
    "body-type-changed": ("B--", "the body is something else"),
    "body-media-changed": ("C--", "the body travels as another media type, or as one of others"),
    # answers
    "return-type-narrowed": ("-C-", "the method returns fewer things"),
    "return-type-widened": ("-B-", "the method may return more"),
    "return-type-changed": ("-B-", "the method returns something else"),
    "error-type-changed": ("-C-", "the body of an error is documented as something else"),
    "status-added": ("-C-", "there is one more documented status"),
    "status-removed": ("-C-", "there is one documented status less"),
    "answer-media-changed": ("-C-", "the answer travels as another media type, or as one of others"),
    "stream-added": ("-C-", "the answer can be streamed"),
    "stream-removed": ("-B-", "the answer cannot be streamed any more"),
    "answer-header-added": ("-C-", "there is one more documented header"),
    "answer-header-removed": ("-C-", "there is one documented header less"),
    "answer-header-changed": ("-C-", "a header is documented differently"),
    # classes
    "schema-added": ("--C", "there is a new class or type to import"),
    "schema-removed": ("--B", "a class or type is gone, and importing it fails"),
    "schema-renamed": ("--B", "a class or type has another name"),
    "schema-type-narrowed": ("BCC", "a named type is fewer things"),
    "schema-type-widened": ("CBB", "a named type is more things"),
    "schema-type-changed": ("BBB", "a named type is something else"),
    "enum-value-added": ("CBB", "there is one more literal"),
    "enum-value-removed": ("BCC", "there is one literal less"),
    "property-added": ("CCC", "there is a new property; one that is read counts here even where always present"),
    "property-added-required": ("BCC", "there is a new property, which must be given"),
    "property-removed": ("BBB", "a property is gone"),
    "property-renamed": ("BBB", "a property has another Python name"),
    "property-wire-name-changed": ("BBB", "another key on the wire; compatible where it is only an argument"),
    "property-required": ("BCC", "a property must be given, or is always there, now"),
    "property-optional": ("CBB", "a property may be left out, or missing, now; compatible where it could be null"),
    "property-type-narrowed": ("BCC", "a property is fewer things"),
    "property-type-widened": ("CBB", "a property may be more things; compatible where what is read was typed so"),
    "property-type-changed": ("BBB", "a property is something else"),
    "other-keys-narrowed": ("BCC", "keys that the document does not name hold fewer things, or are refused"),
    "other-keys-widened": ("CBB", "keys that the document does not name may hold more things; compatible likewise"),
    "other-keys-changed": ("BBB", "keys that the document does not name hold something else"),
    # what a value must be beside its type
    "bound-narrowed": ("BCC", "a check became stricter, or is new"),
    "bound-widened": ("CCC", "a check became laxer, or is gone"),
    "format-narrowed": ("BCC", "the text or number must be of a format now, or of another one"),
    "format-widened": ("CCC", "the text or number need not be of a format any more, or of a wider one"),
    "default-added": ("CCC", "the document states a default"),
    "default-removed": ("CCC", "the document no longer states a default"),
    "default-changed": ("BCC", "leaving the value out means something else; compatible where it cannot be left out"),
    "deprecated": ("CCC", "the argument, property or type is deprecated now"),
    "restored": ("CCC", "the argument, property or type is deprecated no longer"),
    "read-only": ("BCC", "the value is only read now: it is not to be sent"),
    "not-read-only": ("CCC", "the value may be sent too now"),
    "write-only": ("CBB", "the value is only sent now: it is never in an answer"),
    "not-write-only": ("CCC", "the value is in answers too now"),
    "discriminator-changed": ("CCC", "the document tells the branches of a union apart in another way"),
    "detail-changed": ("CCC", "something that neither types nor checks show"),
    # prose, and what stands beside
    "prose-changed": ("DDD", "a description, summary, title, tag or example says something else"),
}
"""Kind -> (its levels, what happened)."""

_LETTERS = {"B": Level.BREAKING, "C": Level.COMPATIBLE, "D": Level.DOCUMENTATION}
_COLUMNS = (Side.REQUEST, Side.RESPONSE, Side.NEITHER)


def default_level(kind: str, side: Side) -> Level:
    """Return what a kind of change means on a side, if nothing speaks against it."""
    return _LETTERS[KINDS[kind][0][_COLUMNS.index(side)]]
