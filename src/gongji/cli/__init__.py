"""The ``gongji`` command: a subcommand's module is loaded when it is called for.

All of them together take longer to load than most of them take to run.
"""

from importlib import import_module
from typing import Any, Final

import typer
from typer.core import TyperGroup
from typer.main import get_command

from gongji.memory import look_seldom

_COMMANDS: Final = {
    "quote": "quote:quote",
    "ask": "ask:ask",
    "up": "up:up",
    "demo": "demo:demo_app",
    "regions": "regions:regions_app",
    "channels": "channels:channels_app",
    "ledger": "ledger:ledger_app",
    "binding": "binding_staff:binding_app",
    "filing": "filing:filing_app",
    "incidents": "incidents:incidents_app",
    "account": "account:account_app",
    "life": "life:life_app",
    "voucher": "voucher:voucher_app",
    "wallet": "wallet:wallet_app",
    "premium": "premium:premium_app",
    "nhsa": "nhsa:nhsa_app",
    "gateway": "gateway:gateway_app",
    "sandbox": "sandbox:sandbox_app",
    "catalogue": "catalogue:catalogue_app",
    "clearing": "clearing:clearing_app",
    "reconcile": "reconcile:reconcile_app",
    "client": "client:client_app",
    "staff": "staff:staff_app",
    "outbox": "outbox:outbox_app",
    "bench": "bench:bench_app",
}
"""Where each subcommand stands, in the order of the help: a module of this package, and a function or an app in it."""


class _OnDemand(TyperGroup):
    """A group that loads the subcommand it is asked for, and all of them when it must list them."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - the framework's signature
        """The names, in the order of the table."""
        return list(_COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """A subcommand by name; of a name that is none, all are loaded, so that those alike can be suggested."""
        for name in [cmd_name] if cmd_name in _COMMANDS else _COMMANDS:
            if name not in self.commands:
                self.add_command(_loaded(name), name)
        return super().get_command(ctx, cmd_name)


def _loaded(name: str) -> Any:
    module, attribute = _COMMANDS[name].split(":")
    found = getattr(import_module(f"{__name__}.{module}"), attribute)
    if not isinstance(found, typer.Typer):
        function, found = found, typer.Typer(add_completion=False)
        found.command()(function)
    command = get_command(found)
    command.name = name
    return command


app = typer.Typer(cls=_OnDemand, no_args_is_help=True, add_completion=False)


@app.callback()
def gongji() -> None:
    """医保个人账户、家庭共济与结算：试算、启动服务、核账。每个命令加 --help 看例子。"""


def main() -> None:
    """Run the command line."""
    look_seldom()
    app()
