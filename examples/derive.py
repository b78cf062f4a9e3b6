"""Derives a warehouse from a month of the "Online Retail" data, so that the month's orders can be shipped from it.

    python examples/derive.py 2010-12.csv.gz OUT                      items, places and opening stock
    python examples/derive.py 2010-12.csv.gz OUT --as purchase-orders the goods still on their way, to be received
    python examples/derive.py 2010-12.csv.gz OUT --orders 100         only what the first 100 orders need

Writes into the folder OUT, each file in the columns of `warehouse import`:

    items.csv               each stock code once, in capitals, with its most frequent description as name
    locations.csv           a warehouse MAIN: dock, packing place, quarantine, and aisles with a bin for each layer
    stock.csv               with --as stock (the default): what the orders take, in --layers arrivals, oldest first
    suppliers.csv           with --as purchase-orders
    purchase-orders.csv     with --as purchase-orders: what the orders take, --lines items a paper
    orders.csv              with --orders: the lines of the first so many orders, in the columns of the data set

Then:

    warehouse import items OUT/items.csv
    warehouse import locations OUT/locations.csv
    warehouse import stock OUT/stock.csv
    warehouse import orders 2010-12.csv.gz --mapping examples/online-retail.toml --keep-good

Which lines are orders for goods is said once, by the patterns in online-retail.toml beside this script; lines of
which the quantity is not positive are left out with their whole invoice, as the import sets them aside.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import re
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

MAPPING = Path(__file__).with_name("online-retail.toml")
BAYS_AN_AISLE, LEVELS = 40, 4
SUPPLIERS = 5
Line = dict[str, str]


@dataclass
class Month:
    """What a month's orders tell."""

    header: list[str]
    orders: dict[str, list[Line]] = field(default_factory=dict)
    names: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    pence: dict[str, int] = field(default_factory=dict)

    @property
    def lines(self) -> Iterator[Line]:
        """The lines of all orders."""
        return (line for lines in self.orders.values() for line in lines)

    def taken(self) -> dict[str, int]:
        """How many of each item the orders take."""
        taken: Counter[str] = Counter()
        for line in self.lines:
            taken[sku_of(line)] += int(line["Quantity"])
        return dict(sorted(taken.items()))


def main() -> None:
    """Reads the month and writes the files."""
    args = arguments()
    month = read(args.month, most=args.orders)
    args.out.mkdir(parents=True, exist_ok=True)
    taken = month.taken()
    bins = args.layers if args.derive == "stock" else 1
    write(args.out / "items.csv", ("sku", "name", "unit_cost"), items(month, taken))
    write(args.out / "locations.csv", LOCATION_COLUMNS, locations(len(taken) * bins))
    if args.derive == "stock":
        write(args.out / "stock.csv", ("sku", "location", "quantity", "received_at"), stock(month, taken, args.layers))
    else:
        write(args.out / "suppliers.csv", ("code", "name", "lead_time_days"), suppliers())
        columns = ("number", "supplier", "sku", "quantity", "unit_cost", "due")
        write(args.out / "purchase-orders.csv", columns, purchase_orders(month, taken, args.lines))
    if args.orders:
        write(args.out / "orders.csv", tuple(month.header), month.lines)


def arguments() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("month", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--as", dest="derive", choices=("stock", "purchase-orders"), default="stock")
    parser.add_argument("--orders", type=int, default=0, help="only the first so many orders; 0: all")
    parser.add_argument("--layers", type=int, default=2, help="arrivals of each item in stock.csv")
    parser.add_argument("--lines", type=int, default=20, help="lines a purchase order")
    return parser.parse_args()


# ---------------------------------------------------------------- reading


def read(path: Path, *, most: int) -> Month:
    """The month's orders, whole; of an invoice with a quantity that is not positive nothing."""
    skips = [
        (each["column"], re.compile(each["pattern"])) for each in tomllib.loads(MAPPING.read_text("utf-8"))["skip"]
    ]
    packed = path.suffix == ".gz"
    with (gzip.open if packed else open)(path, "rt", encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        month = Month(list(reader.fieldnames or []))
        bad = set()
        for line in reader:
            if any(pattern.search(line[column].strip()) for column, pattern in skips):
                continue
            if not line["Quantity"].isascii() or not line["Quantity"].isdigit() or int(line["Quantity"]) == 0:
                bad.add(line["InvoiceNo"])
            month.orders.setdefault(line["InvoiceNo"], []).append(line)
    for number in bad:
        del month.orders[number]
    if most:
        month.orders = dict(list(month.orders.items())[:most])
    for line in month.lines:
        if name := " ".join(line["Description"].split()):
            month.names[sku_of(line)][name] += 1
        month.pence[sku_of(line)] = round(float(line["UnitPrice"]) * 100)
    return month


def sku_of(line: Line) -> str:
    """The item's code: lower-case variants are the same item."""
    return line["StockCode"].strip().upper()


# ---------------------------------------------------------------- deriving


def items(month: Month, taken: dict[str, int]) -> Iterator[Line]:
    """Each item that the orders take; it cost us half its price."""
    for sku in taken:
        names = month.names[sku].most_common(1)
        yield {"sku": sku, "name": names[0][0] if names else sku, "unit_cost": str(max(month.pence[sku], 0) // 2)}


LOCATION_COLUMNS = ("code", "parent", "kind", "aisle", "position", "level")


def locations(bins: int) -> Iterator[Line]:
    """MAIN, with as many bins as are needed."""
    yield place("MAIN", "", "site")
    yield place("GOODS-IN", "MAIN", "zone")
    yield place("STORE", "MAIN", "zone")
    yield place("GOODS-OUT", "MAIN", "zone")
    yield place("DOCK-1", "GOODS-IN", "dock")
    yield place("QUARANTINE-1", "GOODS-IN", "quarantine")
    yield place("PACK-1", "GOODS-OUT", "station")
    for aisle in range(1, bin_of(max(bins - 1, 0))[0] + 1):
        yield place(f"A{aisle:02d}", "STORE", "aisle")
    for index in range(bins):
        aisle, bay, level = bin_of(index)
        yield place(bin_code(index), f"A{aisle:02d}", "bin", aisle, bay, level)


def place(code: str, parent: str, kind: str, *at: int) -> Line:
    """One row of locations.csv."""
    aisle, position, level = map(str, at or ("", "", ""))
    return {"code": code, "parent": parent, "kind": kind, "aisle": aisle, "position": position, "level": level}


def bin_of(index: int) -> tuple[int, int, int]:
    """Aisle, bay and level of the n-th bin."""
    column, level = divmod(index, LEVELS)
    aisle, bay = divmod(column, BAYS_AN_AISLE)
    return aisle + 1, bay + 1, level + 1


def bin_code(index: int) -> str:
    """The code on the n-th bin."""
    aisle, bay, level = bin_of(index)
    return f"A{aisle:02d}-{bay:02d}-{level}"


def stock(month: Month, taken: dict[str, int], layers: int) -> Iterator[Line]:
    """What the orders take, as arrivals a week apart, each in a bin of its own; the last before the first order."""
    first = min(datetime.fromisoformat(line["InvoiceDate"]) for line in month.lines)
    index = 0
    for sku, quantity in taken.items():
        parts = [quantity // layers + (number < quantity % layers) for number in range(layers)]
        for number, part in enumerate(parts):
            arrived = first.replace(hour=8, minute=0, second=0) - timedelta(days=7 * (layers - number))
            if part:
                yield {"sku": sku, "location": bin_code(index), "quantity": str(part),
                       "received_at": arrived.isoformat(sep=" ")}  # fmt: skip
            index += 1


def suppliers() -> Iterator[Line]:
    """A few suppliers."""
    for number in range(1, SUPPLIERS + 1):
        yield {"code": f"S{number}", "name": f"Supplier {number}", "lead_time_days": str(7 * number)}


def purchase_orders(month: Month, taken: dict[str, int], lines: int) -> Iterator[Line]:
    """What the orders take, on papers of so many lines."""
    first = min(line["InvoiceDate"] for line in month.lines)
    for index, (sku, quantity) in enumerate(taken.items()):
        paper = index // lines
        yield {"number": f"PO-{paper + 1:04d}", "supplier": f"S{paper % SUPPLIERS + 1}", "sku": sku,
               "quantity": str(quantity), "unit_cost": str(max(month.pence[sku], 0) // 2), "due": first[:10]}  # fmt: skip


def write(path: Path, columns: tuple[str, ...], rows: Iterator[Line]) -> None:
    """Writes one file, and says so."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        count = sum(1 for row in rows if writer.writerow(row))
    print(f"{path}: {count:,} rows")


if __name__ == "__main__":
    main()
