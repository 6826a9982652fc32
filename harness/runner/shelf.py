"""Modules imported ahead, kept out of sight until a program imports them itself. Standard library only.

A program started in a pre-imported interpreter must not notice: a module that it forgot to import
must be missing, an attribute that only another import would have set must not be there, and a file
beside it must shadow what it would shadow. So everything imported ahead is taken off `sys.modules`
and off its package, and is handed back when it is imported, together with what that import pulled
in when it ran for the first time.
"""

from __future__ import annotations

import _warnings
import builtins
import sys

# `importlib` and `typing` themselves must be imported under the recorder's eyes.
from _frozen_importlib import ModuleSpec
from _frozen_importlib_external import PathFinder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from types import ModuleType
    from typing import Any


class Filters:
    """What modules did to the filters of warnings when they were imported, so that it can be done again."""

    def __init__(self) -> None:
        self._first = list(_warnings.filters)
        self._last = list(_warnings.filters)
        self._done: dict[str, list[tuple[list[Any], list[Any]]]] = {}

    def note(self, module: str) -> None:
        """Put down to a module what has changed since the last time."""
        now = list(_warnings.filters)
        if now == self._last:
            return
        kept = [one for one in self._last if one in now]
        start = next(
            (place for place in range(len(now)) if now[place : place + len(kept)] == kept), len(now)
        )
        change = (now[:start], now[start + len(kept) :])
        self._done.setdefault(module, []).append(change)
        self._last = now

    def reset(self) -> None:
        """Put back what was there at first."""
        _warnings.filters[:] = self._first
        _changed()

    def redo(self, module: str) -> None:
        """Do what a module did, as `warnings.simplefilter` does it."""
        filters = _warnings.filters
        for front, back in self._done.pop(module, ()):
            for one in reversed(front):
                if one in filters:
                    filters.remove(one)
                filters.insert(0, one)
            filters.extend(one for one in back if one not in filters)
            _changed()


def _changed() -> None:
    """Have the interpreter heed the filters as they are now."""
    for name in ("_filters_mutated", "_filters_mutated_lock_held"):  # before 3.14, and since
        if hasattr(_warnings, name):
            getattr(_warnings, name)()


class Recorder:
    """Imports modules, and notes what each of their imports asked for."""

    def __init__(self) -> None:
        self.asked: dict[str, set[str]] = {}
        self.filters = Filters()
        self.order: dict[str, int] = {}
        """By module: when its code had run."""
        self._running: list[str] = []
        self._import = builtins.__import__

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find a module as ever, but note when its code begins and ends (a meta-path finder)."""
        del target
        self._note(name)
        spec = PathFinder.find_spec(name, path)
        if spec is None or spec.loader is None:
            return None
        loader: Any = spec.loader
        execute = loader.exec_module

        def noting(module: ModuleType) -> None:
            self.filters.note(self._running[-1] if self._running else "")
            self._running.append(name)
            before = set(sys.modules)
            try:
                execute(module)
            finally:
                self.filters.note(name)
                self.order[name] = len(self.order)
                self._running.pop()
                del loader.exec_module
                # Some modules put others into `sys.modules` by hand.
                self.asked.setdefault(name, set()).update(sys.modules.keys() - before)

        loader.exec_module = noting
        return spec

    def _note(self, name: str) -> None:
        if self._running:
            self.asked.setdefault(self._running[-1], set()).add(name)

    def _importing(self, name: str, *rest: Any, **named: Any) -> Any:
        found = self._import(name, *rest, **named)
        given = dict(zip(("globals", "locals", "fromlist", "level"), rest, strict=False)) | named
        around, level = given.get("globals") or {}, given.get("level", 0)
        fromlist = given.get("fromlist") or ()
        whole = name
        if level:
            package = str(around.get("__package__") or around["__name__"])
            base = package.rsplit(".", level - 1)[0] if level > 1 else package
            whole = f"{base}.{name}" if name else base
        for one in (whole, *(f"{whole}.{part}" for part in fromlist)):
            if one in sys.modules:
                self._note(one)
        return found

    def run(self, names: Iterable[str]) -> None:
        """Import modules; one that is not there is left out."""
        sys.meta_path.insert(0, self)
        builtins.__import__ = self._importing
        try:
            for name in names:
                try:
                    builtins.__import__(name)
                except ImportError:
                    continue
        finally:
            builtins.__import__ = self._import
            sys.meta_path.remove(self)


class Shelf:
    """What was imported ahead."""

    def __init__(self, recorder: Recorder, fresh: Iterable[str], ours: str) -> None:
        """Take everything that has been imported out of sight.

        Args:
            recorder: What noted the imports.
            fresh: The modules that a fresh interpreter has: they stay.
            ours: The package that is never handed back.
        """
        fresh = set(fresh)
        taken = {name: one for name, one in sys.modules.items() if name not in fresh}
        for name in taken:
            del sys.modules[name]
        self._modules = {name: one for name, one in taken.items() if name.partition(".")[0] != ours}
        self._asked = recorder.asked
        self._filters, self._order = recorder.filters, recorder.order
        self._filters.reset()
        # What has been handed back once is imported anew if it is ever looked for again.
        self._given: set[str] = set()
        self._path = list(sys.path)
        # A package has its modules as attributes only since they were imported.
        self._owners: dict[str, Any] = {}
        for name, module in self._modules.items():
            package, _, last = name.rpartition(".")
            owner = self._modules.get(package) or sys.modules.get(package)
            if owner is not None and getattr(owner, last, None) is module:
                self._owners[name] = owner
                delattr(owner, last)

    def open(self, folder_names: Iterable[str]) -> None:
        """Begin to hand modules back, unless a file in the program's folder shadows one of them.

        Args:
            folder_names: The names of what lies in the program's own folder.
        """
        tops = {name.partition(".")[0] for name in self._modules}
        if tops.isdisjoint(name.partition(".")[0] for name in folder_names):
            sys.meta_path.insert(0, self)

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Hand a module back (a meta-path finder)."""
        del target
        module = None if name in self._given else self._modules.get(name)
        if module is None or not self._is_what_would_be_found(name, module, path):
            return None
        self._given.add(name)
        # Its own dependencies stand in `sys.modules` before it, as they would after a real import.
        given = [name, *(one for one in self._pulled_in(name) if self._restore(one))]
        for one in sorted(given, key=lambda one: self._order.get(one, 0)):
            self._filters.redo(one)
        loader: Any = _Returned(module)
        return ModuleSpec(name, loader, origin=getattr(module, "__file__", None))

    def _is_what_would_be_found(
        self, name: str, module: ModuleType, path: Sequence[str] | None
    ) -> bool:
        if sys.path[1:] == self._path[1:]:
            return True
        found = PathFinder.find_spec(name, path)
        spec = module.__spec__
        return spec is not None and (found is None or found.origin == spec.origin)

    def _pulled_in(self, name: str) -> list[str]:
        found = {name: None}
        waiting = [name]
        while waiting:
            for one in self._asked.get(waiting.pop(), ()):
                parts = one.split(".")
                for size in range(1, len(parts) + 1):
                    part = ".".join(parts[:size])
                    if part in self._modules and part not in found:
                        found[part] = None
                        waiting.append(part)
        del found[name]
        return list(found)

    def _restore(self, name: str) -> bool:
        if name in self._given or name in sys.modules:
            return False
        self._given.add(name)
        sys.modules[name] = self._modules[name]
        owner = self._owners.get(name)
        if owner is not None:
            setattr(owner, name.rpartition(".")[2], self._modules[name])
        return True


class _Returned:
    """A loader that gives back what was loaded before."""

    def __init__(self, module: ModuleType) -> None:
        self._module = module
        self._spec = module.__spec__
        self._loader = getattr(module, "__loader__", None)

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """The module itself."""
        del spec
        return self._module

    def exec_module(self, module: ModuleType) -> None:
        """Nothing: its code has run. What the import machinery has overwritten is put back."""
        module.__spec__ = self._spec
        module.__loader__ = self._loader
