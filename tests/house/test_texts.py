"""Both languages are complete: every sentence of the house goes through gettext and has its Chinese, by our terms."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from configparser import ConfigParser
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from string import ascii_letters

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po
from jinja2 import Environment, nodes

from warehouse.paths import CHECKOUT, PACKAGE, TEMPLATES, TRANSLATIONS
from warehouse.web.language import CHINESE

assert CHECKOUT is not None, "the tests run in a working copy"

KEYWORDS = {"N_": None, "N_n": (1, 2), "_": None, "gettext": None, "ngettext": (1, 2)}
FILES = {"python": (PACKAGE, "*.py", "warehouse/**.py"), "jinja2": (TEMPLATES, "*.html", "templates/**.html")}
PARAM = re.compile(r"%\((\w+)\)s")
NOT_SHOWN = re.compile(r"\{#.*?#\}|\{% block look %\}.*?\{% endblock look %\}|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
"""What is Jinja's own in a template, and the look, which is a class."""
NAMES = {"CNY", "Pickface", "English", "中文", "PDF", "ZPL", "PNG"}
"""What is called the same in every language."""

Id = str | tuple[str, str]


@cache
def extracted() -> frozenset[Id]:
    found: set[Id] = set()
    for method, (folder, pattern, _) in FILES.items():
        for path in folder.rglob(pattern):
            for _, message, _, _ in extract_from_file(method, path, keywords=KEYWORDS):
                found.add(message if isinstance(message, str) else tuple(message))  # type: ignore[arg-type]
    return frozenset(found)


@cache
def catalogue() -> Catalog:
    with (TRANSLATIONS / CHINESE / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return read_po(file, locale=CHINESE)


def entries() -> Iterator[tuple[Id, str]]:
    """Each sentence with its Chinese, which has one form for every number."""
    for message in catalogue():
        if message.id:
            yield id_of(message), message.string if isinstance(message.string, str) else message.string[0]


def id_of(message: Message) -> Id:
    return message.id if isinstance(message.id, str) else (message.id[0], message.id[1])


# ---------------------------------------------------------------- complete


def test_make_texts_collects_where_this_test_looks() -> None:
    config = ConfigParser()
    config.read(CHECKOUT / "babel.cfg")
    assert config.sections() == [f"{method}: {mask}" for method, (_, _, mask) in FILES.items()]
    assert '--keywords "N_ N_n:1,2"' in (CHECKOUT / "Makefile").read_text("utf-8")


def test_every_sentence_of_the_house_is_in_the_catalogue() -> None:
    assert sorted(map(str, extracted() - {each for each, _ in entries()})) == [], "run `make texts` and translate them"


def test_the_catalogue_holds_no_sentence_that_nobody_says() -> None:
    assert sorted(map(str, {each for each, _ in entries()} - extracted())) == [], "run `make texts`"
    assert list(catalogue().obsolete) == []


def test_every_sentence_has_its_chinese_and_none_is_a_guess() -> None:
    assert [each for each, said in entries() if not said.strip()] == []
    assert [id_of(message) for message in catalogue() if message.id and message.fuzzy] == []


def test_the_chinese_names_the_same_parameters() -> None:
    wrong = []
    for each, said in entries():
        text = each if isinstance(each, str) else each[1]
        names = set(PARAM.findall(text))
        if set(PARAM.findall(said)) != names or "%" in PARAM.sub("", said).replace("%%", ""):
            wrong.append((text, said))
    assert wrong == []


def test_what_is_said_for_one_needs_no_other_parameters() -> None:
    plurals = [each for each, _ in entries() if not isinstance(each, str)]
    assert plurals, "some sentences read otherwise for one"
    assert [each for each in plurals if not set(PARAM.findall(each[0])) <= set(PARAM.findall(each[1]))] == []


# ---------------------------------------------------------------- good Chinese

TERMS = {
    "receiving": "收货", "purchase order": "采购订单", "advance shipping notice": "到货通知单", "goods receipt note": "入库单",
    "dock": "月台", "putaway": "上架", "suggested bin": "推荐库位", "zone": "库区", "aisle": "巷道", "bay": "货架",
    "level": "层", "bin": "库位", "reserve": "存储位", "pick face": "拣货位", "replenishing": "拣货位补货",
    "pending inspection": "待检", "quarantine": "隔离区", "rejects": "不合格品区", "scrap": "报废", "recall": "召回",
    "traceability": "追溯", "picking": "拣货", "wave": "波次", "tote": "周转箱", "full": "箱满换箱", "skip": "跳过",
    "back-order": "缺货待补", "lot": "批次", "serial": "序列号", "expiry": "有效期至", "shelf life": "保质期",
    "on hand": "现存量", "available": "可用量", "reserved": "已占用", "on order": "采购在途", "carton": "纸箱",
    "packing material": "包材", "weigh": "称重", "shipping label": "面单", "packing list": "装箱单",
    "goods issue note": "出库单", "manifest": "快递交接单", "cut-off": "截单时间", "shipping": "出库交接",
    "hand-over": "出库交接", "lane": "分拣道", "surcharge": "附加费", "tier": "时效等级", "standard": "普通",
    "express": "加急", "priority": "特快", "exception": "异常", "safety stock": "安全库存", "stock alert": "库存预警",
    "refund": "退款", "claim": "索赔", "complaint": "投诉", "badge": "工牌", "pin": "密码",
    "warehouse supervisor": "仓库主管", "undo": "撤销", "offline": "离线", "short": "缺货",
}  # fmt: skip
"""The words of terms.md that may stand alone on a page."""
ALSO = {"short": {"少收"}, "available": {"可用"}}
"""Where one English word is two of ours: a short receipt; a state beside an amount."""


@pytest.mark.parametrize("term", sorted(TERMS))
def test_a_term_is_called_by_its_one_word(term: str) -> None:
    said = {chinese for each, chinese in entries() if isinstance(each, str) and each.lower() == term}
    assert said <= {TERMS[term]} | ALSO.get(term, set())


def test_a_bin_is_never_called_by_another_word() -> None:
    assert [said for _, said in entries() if re.search("货位(?<!拣货位)|储位(?<!存储位)", said)] == []


def test_chinese_sentences_have_chinese_punctuation() -> None:
    beside = re.compile(r"[\u4e00-\u9fff][,;:!?.]|[,;!?] ?[\u4e00-\u9fff]|[\u4e00-\u9fff]\(|\)[\u4e00-\u9fff]")
    assert [said for _, said in entries() if beside.search(PARAM.sub("X", said))] == []
    ends = {".": "。", "?": "？"}
    texts = [(each if isinstance(each, str) else each[1], said) for each, said in entries()]
    assert [said for text, said in texts if text[-1] in ends and " " in text and not said.endswith(("。", "？"))] == []
    assert [said for text, said in texts if said.endswith("。") and not text.endswith((".", "?"))] == []


# ---------------------------------------------------------------- nothing bypasses gettext


class Visible(HTMLParser):
    """Collects what a reader would see or hear of a page."""

    SPOKEN = ("placeholder", "title", "aria-label", "alt", "aria-description", "label")

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.texts: list[str] = []
        self.silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.silent += tag in {"script", "style"}
        self.texts += [value or "" for name, value in attrs if name in self.SPOKEN]

    def handle_endtag(self, tag: str) -> None:
        self.silent -= tag in {"script", "style"}

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.texts.append(data)


def bare_texts(source: str) -> list[str]:
    """The words of a template that stand outside of _(…), as text, in what is spoken of it, or in an expression."""
    visible = Visible()
    visible.feed(NOT_SHOWN.sub("", source))
    visible.close()
    tree = Environment(extensions=["jinja2.ext.i18n"], autoescape=True).parse(source)
    texts = visible.texts + [text for output in tree.find_all(nodes.Output) for text in _said_in(output)]
    parts = [part.strip() for text in texts for part in re.split("[·/]", text)]
    return [part for part in parts if re.search(r"[^\W\d_]", part) and part not in NAMES]


def _said_in(node: nodes.Node) -> Iterator[str]:
    """Constants of an expression that look like words to be read: with a capital or a blank, or not in ASCII."""
    match node:
        case nodes.TemplateData() | nodes.Compare() | nodes.Getitem() | nodes.Filter(name="replace" | "urlencode"):
            return
        case nodes.Call(node=nodes.Name(name="_" | "gettext" | "ngettext")):
            return
        case nodes.Const(value=str(text)):
            words = re.search(r"[A-Za-z]{2,} [A-Za-z]{2,}|(?<![-\w])[A-Z][a-z]+\b|[^\W\d_a-zA-Z]", text)
            if words and "/" not in text and "=" not in text:
                yield text
        case _:
            for child in node.iter_child_nodes():
                yield from _said_in(child)


@pytest.mark.parametrize("path", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: str(path.relative_to(TEMPLATES)))
def test_all_that_a_page_shows_goes_through_gettext(path: Path) -> None:
    assert bare_texts(path.read_text("utf-8")) == []


@pytest.mark.parametrize(
    ("source", "bare"),
    [
        ("<p>Scan it</p>", ["Scan it"]),
        ("<p>{{ _('Scan it') }} now</p>", ["now"]),
        ("<input placeholder='Type'>", ["Type"]),
        ("<b title=\"{{ _('Lot') }}\">{{ lot }} / 3</b>", []),
        ("<svg aria-label='Menu'></svg>{# Not shown #}", ["Menu"]),
        ("{{ 'Not there' if gone else _('There') }}", ["Not there"]),
        ("{{ bar(title or 'Orders') }}", ["Orders"]),
        ("<p class=\"{{ 'focus' if x == 'A b' }}\">{{ '扫描' }}</p>", ["扫描"]),
    ],
)
def test_the_check_of_templates_sees_what_bypasses_gettext(source: str, bare: list[str]) -> None:
    assert bare_texts(source) == bare


SAYS = {"Title": 0, "Phrase": 0, "say": 0, "say_in": 1, "notice": 2, "flash": 0, "add_office": 1, "Filter": 1}
"""Which argument of a call is a sentence. (A say() of one argument tells the progress of a command.)"""


def bare_in(source: str) -> Iterator[str]:
    """Sentences of a module that are not marked by N_ or N_n."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.ClassDef():
                for each in node.body:
                    match each:
                        case ast.Assign(targets=[ast.Name(id="text")], value=value):
                            yield from _unmarked(value)
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)) if name in SAYS and not (
                name == "say" and len(node.args) == 1
            ):
                yield from (text for value in node.args[SAYS[name] : SAYS[name] + 1] for text in _unmarked(value))
            case ast.Raise(exc=ast.Call(keywords=keywords)):
                yield from (text for each in keywords for text in _unmarked(each.value) if " " in text.strip())


def _unmarked(value: ast.AST) -> Iterator[str]:
    """The texts of an expression that would be shown as they stand."""
    match value:
        case ast.Call(func=ast.Name(id="N_" | "N_n")) | ast.Subscript() | ast.Compare():
            return
        case ast.Call():  # what a call is given is its own affair; what it makes is no literal
            return
        case ast.Constant(value=str(text)):
            if set(PARAM.sub("", text)) & set(ascii_letters):
                yield text
        case _:
            for child in ast.iter_child_nodes(value):
                yield from _unmarked(child)


def test_all_that_is_said_in_python_is_marked() -> None:
    bare = {}
    for path in PACKAGE.rglob("*.py"):
        rel = path.relative_to(PACKAGE)
        if rel.parts[0] not in {"cli", "bench"} and (texts := list(bare_in(path.read_text("utf-8")))):
            bare[str(rel)] = texts
    assert bare == {}


@pytest.mark.parametrize(
    "source",
    [
        "class Gone(Refusal):\n    text = 'It is gone.'",
        "SAID = notice('ok', 'said', 'It was said.')",
        "show(Title('Put away'))",
        "show(Title(f'Put {x} away'))",
        "raise NotExpected(read=text, expected='an item ' + code)",
        "say('Menu', {})",
    ],
)
def test_the_check_of_modules_sees_what_bypasses_gettext(source: str) -> None:
    assert list(bare_in(source)) != []


def test_the_check_of_modules_lets_pass_what_is_marked() -> None:
    fine = "class Gone(Refusal):\n    text = N_('It is gone.')\nraise Gone(read=text, expected=Phrase(N_('an item')))"
    assert list(bare_in(fine)) == []
