"""The ``gongji`` command (composition of the subcommands)."""

import typer

from gongji.cli.ask import ask
from gongji.cli.bench import bench_app
from gongji.cli.binding_money import binding_app
from gongji.cli.catalogue import catalogue_app
from gongji.cli.client import client_app
from gongji.cli.demo import demo_app
from gongji.cli.ledger import ledger_app
from gongji.cli.nhsa import nhsa_app
from gongji.cli.outbox import outbox_app
from gongji.cli.premium import premium_app
from gongji.cli.purposes import purposes_command
from gongji.cli.quote import quote
from gongji.cli.regions import regions_app
from gongji.cli.sandbox import sandbox_app
from gongji.cli.staff import staff_app
from gongji.cli.up import up
from gongji.cli.wallet import wallet_app

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="医保个人账户、家庭共济与结算：试算、启动服务、核账。每个命令加 --help 看例子。",
)
app.command()(quote)
app.command()(ask)
app.command()(up)
app.add_typer(demo_app, name="demo")
regions_app.command("purposes")(purposes_command)
app.add_typer(regions_app, name="regions")
app.add_typer(ledger_app, name="ledger")
app.add_typer(binding_app, name="binding")
app.add_typer(wallet_app, name="wallet")
app.add_typer(premium_app, name="premium")
app.add_typer(nhsa_app, name="nhsa")
app.add_typer(sandbox_app, name="sandbox")
app.add_typer(catalogue_app, name="catalogue")
app.add_typer(client_app, name="client")
app.add_typer(staff_app, name="staff")
app.add_typer(outbox_app, name="outbox")
app.add_typer(bench_app, name="bench")


def main() -> None:
    """Run the command line."""
    app()
