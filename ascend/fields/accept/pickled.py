"""Reads the few pickles that a model field leaves, without unpickling.

`pickle.loads` runs what the bytes say. Here the standard library only splits the bytes into instructions
(`pickletools.genops` executes nothing), and this module carries out those that build plain values. A class is never
imported or called: its name is looked up in a table of ours, and whatever is not there is refused.
"""

import pickletools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from ascend.fields.accept.pickled_values import BUILDERS, Name, is_plain

PUSHES: Final = frozenset({
    "BINUNICODE", "BINUNICODE8", "SHORT_BINUNICODE", "UNICODE", "BINBYTES", "BINBYTES8", "SHORT_BINBYTES",
    "BININT", "BININT1", "BININT2", "INT", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT",
})  # fmt: skip
CONSTANTS: Final[dict[str, object]] = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
TUPLES: Final = {"EMPTY_TUPLE": 0, "TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}
EMPTY: Final[dict[str, Callable[[], object]]] = {"EMPTY_LIST": list, "EMPTY_DICT": dict}
SAVES: Final = frozenset({"PUT", "BINPUT", "LONG_BINPUT"})
RECALLS: Final = frozenset({"GET", "BINGET", "LONG_BINGET"})
WITHOUT_EFFECT: Final = frozenset({"PROTO", "FRAME"})
MARK: Final = object()


class Refused(Exception):
    """The pickle holds more than plain values, or is none. No message: it could only quote what is inside."""


def plain_value(pickled: bytes, enums: tuple[str, ...] = ()) -> Any:
    """Return the value that a model field pickled.

    Args:
        pickled: authenticated bytes; what is in them is not trusted all the same.
        enums: dotted names of enumerations ("people.models.Status") whose members are read as their values.

    Raises:
        Refused: anything else than None, text, bytes, numbers, dates, UUIDs, and lists and dictionaries of them.
    """
    machine = _Machine(enums)
    try:
        for opcode, argument, _ in pickletools.genops(pickled):
            machine.step(opcode.name, argument)
        value = machine.result()
    except (ValueError, IndexError, KeyError, TypeError, ArithmeticError, AttributeError, RecursionError):
        value = MARK
    if value is MARK or not is_plain(value):
        raise Refused
    return value


@dataclass
class _Machine:
    """The stack of a pickle, for the instructions that we allow."""

    enums: tuple[str, ...]
    stack: list[Any] = field(default_factory=list)
    memo: dict[int, Any] = field(default_factory=dict)

    def step(self, name: str, argument: Any) -> None:
        """Carry out one instruction; one that is not listed is refused."""
        if name in PUSHES:
            self.stack.append(argument)
        elif name in CONSTANTS:
            self.stack.append(CONSTANTS[name])
        elif name in TUPLES:
            self._push_tuple(TUPLES[name])
        elif name in EMPTY:
            self.stack.append(EMPTY[name]())
        elif name not in WITHOUT_EFFECT:
            self._act(name, argument)

    def _act(self, name: str, argument: Any) -> None:
        if name == "MEMOIZE":
            self.memo[len(self.memo)] = self.stack[-1]
        elif name in SAVES:
            self.memo[argument] = self.stack[-1]
        elif name in RECALLS:
            self.stack.append(self.memo[argument])
        elif name in ACTIONS:
            ACTIONS[name](self, argument)
        elif name != "STOP":
            raise ValueError

    def result(self) -> Any:
        (value,) = self.stack
        return value

    def _push_tuple(self, count: int) -> None:
        parts = tuple(self.stack[len(self.stack) - count :])
        del self.stack[len(self.stack) - count :]
        self.stack.append(parts)

    def since_mark(self) -> list[Any]:
        """Take everything above the last mark."""
        at = max(index for index, value in enumerate(self.stack) if value is MARK)
        taken = self.stack[at + 1 :]
        del self.stack[at:]
        return taken


def _mark(machine: _Machine, _: Any) -> None:
    machine.stack.append(MARK)


def _tuple(machine: _Machine, _: Any) -> None:
    machine.stack.append(tuple(machine.since_mark()))


def _global(machine: _Machine, argument: str) -> None:
    machine.stack.append(Name(argument.replace(" ", ".")))


def _stack_global(machine: _Machine, _: Any) -> None:
    qualname, module = machine.stack.pop(), machine.stack.pop()
    machine.stack.append(Name(f"{module}.{qualname}"))


def _build_object(machine: _Machine, _: Any) -> None:
    arguments, name = machine.stack.pop(), machine.stack.pop()
    if not isinstance(name, Name) or not isinstance(arguments, tuple):
        raise ValueError  # noqa: TRY004 - what the bytes say, not how we were called
    if name.dotted in machine.enums:
        (value,) = arguments
    else:
        value = BUILDERS[name.dotted](*arguments)
    machine.stack.append(value)


def _set_state(machine: _Machine, _: Any) -> None:
    state, unfinished = machine.stack.pop(), machine.stack.pop()
    machine.stack.append(unfinished.with_state(state))


def _append(machine: _Machine, _: Any) -> None:
    value = machine.stack.pop()
    _extend(machine.stack[-1], [value])


def _appends(machine: _Machine, _: Any) -> None:
    values = machine.since_mark()
    _extend(machine.stack[-1], values)


def _set_item(machine: _Machine, _: Any) -> None:
    value, key = machine.stack.pop(), machine.stack.pop()
    _fill(machine.stack[-1], [key, value])


def _set_items(machine: _Machine, _: Any) -> None:
    flat = machine.since_mark()
    _fill(machine.stack[-1], flat)


def _extend(target: Any, values: list[Any]) -> None:
    if type(target) is not list:
        raise ValueError  # noqa: TRY004
    target.extend(values)


def _fill(target: Any, flat: list[Any]) -> None:
    if type(target) is not dict:
        raise ValueError  # noqa: TRY004
    target.update(_pairs(flat))


def _pairs(flat: list[Any]) -> Iterator[tuple[Any, Any]]:
    return zip(flat[::2], flat[1::2], strict=True)


ACTIONS: Final[dict[str, Callable[[_Machine, Any], None]]] = {
    "MARK": _mark,
    "TUPLE": _tuple,
    "GLOBAL": _global,
    "STACK_GLOBAL": _stack_global,
    "REDUCE": _build_object,
    "NEWOBJ": _build_object,
    "BUILD": _set_state,
    "APPEND": _append,
    "APPENDS": _appends,
    "SETITEM": _set_item,
    "SETITEMS": _set_items,
}
