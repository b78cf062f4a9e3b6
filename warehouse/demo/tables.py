"""What the demo company sells, who delivers it, who works there. Names, sizes and prices are made up."""

from __future__ import annotations

from typing import NamedTuple


class Family(NamedTuple):
    """One kind of goods that comes in several variants. Sizes in millimetres, weight in grams, cost in minor units."""

    prefix: str
    name: str
    name_zh: str
    zone: str
    tracking: str
    size: tuple[int, int, int]
    weight_g: int
    unit_cost: int
    shelf_life_days: int
    pack: int
    variants: str
    supplier: str


COLOURS = (
    ("RED", "red", "红色"), ("BLU", "blue", "蓝色"), ("GRN", "green", "绿色"), ("WHT", "white", "白色"),
    ("BLK", "black", "黑色"), ("YEL", "yellow", "黄色"), ("GRY", "grey", "灰色"), ("PNK", "pink", "粉色"),
    ("ORG", "orange", "橙色"), ("BRN", "brown", "棕色"),
)  # fmt: skip
TASTES = (
    ("CLS", "classic", "原味"), ("MNT", "mint", "薄荷味"), ("LEM", "lemon", "柠檬味"), ("GNG", "ginger", "生姜味"),
    ("VAN", "vanilla", "香草味"), ("HON", "honey", "蜂蜜味"), ("JSM", "jasmine", "茉莉味"), ("RSE", "rose", "玫瑰味"),
    ("CNM", "cinnamon", "肉桂味"), ("ORA", "orange", "香橙味"),
)  # fmt: skip
SIZES = (
    ("XS", "extra small", "特小号"), ("S", "small", "小号"), ("M", "medium", "中号"), ("L", "large", "大号"),
    ("XL", "extra large", "加大号"), ("S2", "small, set of 2", "小号两件装"), ("M2", "medium, set of 2", "中号两件装"),
    ("L2", "large, set of 2", "大号两件装"), ("M4", "medium, set of 4", "中号四件装"), ("L4", "large, set of 4", "大号四件装"),
)  # fmt: skip
VARIANTS = {"colour": COLOURS, "taste": TASTES, "size": SIZES}

FAMILIES = (
    Family("MUG", "Stoneware mug", "陶瓷马克杯", "home", "none", (120, 90, 100), 380, 1450, 0, 6, "colour", "KILN"),
    Family("BWL", "Cereal bowl", "麦片碗", "home", "none", (160, 160, 70), 420, 1200, 0, 6, "colour", "KILN"),
    Family("PLT", "Dinner plate", "餐盘", "home", "none", (270, 270, 25), 610, 1600, 0, 6, "colour", "KILN"),
    Family("LAN", "Metal lantern", "金属灯笼", "home", "none", (140, 140, 220), 540, 2300, 0, 4, "colour", "LUMEN"),
    Family("CDL", "Pillar candle", "柱形蜡烛", "home", "none", (70, 70, 150), 450, 900, 0, 12, "taste", "LUMEN"),
    Family("TLT", "T-light holder", "小蜡烛台", "home", "none", (80, 80, 70), 160, 650, 0, 12, "colour", "LUMEN"),
    Family("HNG", "Coat hanger", "衣架", "home", "none", (430, 230, 12), 95, 320, 0, 12, "colour", "FABRIK"),
    Family("TWL", "Hand towel", "擦手巾", "textile", "none", (300, 200, 40), 210, 1100, 0, 6, "colour", "FABRIK"),
    Family("CUS", "Cushion cover", "靠垫套", "textile", "none", (400, 300, 20), 180, 1350, 0, 6, "colour", "FABRIK"),
    Family("THR", "Knitted throw", "针织盖毯", "textile", "none", (400, 300, 120), 900, 4200, 0, 4, "colour", "FABRIK"),
    Family("APR", "Kitchen apron", "厨房围裙", "textile", "none", (300, 250, 20), 240, 1500, 0, 6, "size", "FABRIK"),
    Family("SOX", "Wool socks", "羊毛袜", "textile", "none", (200, 100, 40), 110, 900, 0, 12, "colour", "FABRIK"),
    Family("TEA", "Green tea, 100 g", "绿茶100克", "food", "lot", (80, 80, 140), 130, 1250, 540, 12, "taste", "LEAF"),
    Family("BTE", "Black tea, 100 g", "红茶100克", "food", "lot", (80, 80, 140), 130, 1150, 540, 12, "taste", "LEAF"),
    Family("CFE", "Ground coffee, 250 g", "咖啡粉250克", "food", "lot", (90, 60, 170), 270, 1900, 365, 12, "taste", "LEAF"),
    Family("BIS", "Butter biscuits", "黄油饼干", "food", "lot", (200, 120, 50), 230, 780, 240, 12, "taste", "OVEN"),
    Family("CHO", "Chocolate bar", "巧克力", "food", "lot", (160, 80, 10), 105, 540, 300, 12, "taste", "OVEN"),
    Family("JAM", "Fruit spread", "果酱", "food", "lot", (70, 70, 100), 420, 860, 720, 6, "taste", "OVEN"),
    Family("SOA", "Bar of soap", "香皂", "care", "lot", (90, 60, 30), 110, 480, 1080, 12, "taste", "FOAM"),
    Family("SHA", "Shampoo, 300 ml", "洗发水300毫升", "care", "lot", (60, 60, 190), 340, 1350, 1080, 6, "taste", "FOAM"),
    Family("CRM", "Hand cream", "护手霜", "care", "lot", (50, 35, 140), 95, 990, 900, 12, "taste", "FOAM"),
    Family("NBK", "Notebook A5", "A5笔记本", "paper", "none", (210, 150, 15), 260, 890, 0, 10, "colour", "PAPYR"),
    Family("PEN", "Gel pen", "中性笔", "paper", "none", (145, 12, 12), 14, 180, 0, 12, "colour", "PAPYR"),
    Family("CRD", "Greeting card", "贺卡", "paper", "none", (170, 120, 2), 22, 210, 0, 12, "taste", "PAPYR"),
    Family("BLK", "Wooden blocks", "木制积木", "toys", "none", (250, 200, 80), 1300, 3900, 0, 4, "size", "SPIEL"),
    Family("PUZ", "Jigsaw puzzle", "拼图", "toys", "none", (300, 200, 50), 620, 2100, 0, 6, "size", "SPIEL"),
    Family("CAR", "Toy car", "玩具车", "toys", "none", (120, 60, 50), 150, 950, 0, 12, "colour", "SPIEL"),
    Family("CAM", "Compact camera", "便携相机", "tech", "serial", (120, 90, 80), 420, 48000, 0, 1, "colour", "VOLT"),
    Family("SPK", "Wireless speaker", "无线音箱", "tech", "serial", (150, 150, 150), 780, 21000, 0, 1, "colour", "VOLT"),
    Family("LMP", "Desk lamp", "台灯", "tech", "none", (400, 180, 160), 1450, 9800, 0, 2, "colour", "VOLT"),
)  # fmt: skip

PACKING = (
    ("BOX-S", "Carton small", "小号纸箱", (250, 180, 100), 110, 90),
    ("BOX-M", "Carton medium", "中号纸箱", (350, 250, 200), 240, 160),
    ("BOX-L", "Carton large", "大号纸箱", (500, 400, 300), 520, 310),
)  # fmt: skip

SUPPLIERS = (
    ("KILN", "Kiln & Clay Ltd", 12), ("LUMEN", "Lumen Candles", 9), ("FABRIK", "Fabrik Textil GmbH", 21),
    ("LEAF", "Hangzhou Leaf Tea 杭州叶子茶业", 7), ("OVEN", "The Oven Bakery", 5), ("FOAM", "Foam Care 泡沫日化", 10),
    ("PAPYR", "Papyrus Stationery", 6), ("SPIEL", "Spielzeug & Sohn", 18), ("VOLT", "Volt Electronics 伏特电子", 25),
)  # fmt: skip

PEOPLE = (
    ("Ada Picker", ("picker",)), ("Wang Fang 王芳", ("picker",)), ("Bo Receiver", ("receiver",)),
    ("Li Na 李娜", ("receiver",)), ("Chen Packer", ("packer",)), ("Zhao Lei 赵磊", ("packer",)),
    ("Wen Supervisor", ("supervisor",)), ("Sun Hao 孙浩", ("operations",)), ("Mia Buyer", ("purchasing",)),
    ("Kim Service", ("customer_service",)), ("Root Admin", ("admin", "supervisor")),
    ("Ivy Counter", ("counter",)), ("He Jing 何静", ("counter",)), ("Lin Finance", ("finance",)),
)  # fmt: skip

RECIPIENTS = (
    ("韩梅梅", "13800000001", "Shanghai", "上海市南京东路1号"), ("Li Lei", "13800000002", "Shanghai", "88 Century Avenue"),
    ("周杰", "13800000003", "Beijing", "北京市朝阳区建国路12号"), ("Emma Stone", "13800000004", "Shenzhen", "9 Keji Road"),
    ("陈晨", "13800000005", "Hangzhou", "杭州市西湖区文三路77号"), ("Noah Park", "13800000006", "Suzhou", "3 Pingjiang Road"),
    ("吴敏", "13800000007", "Nanjing", "南京市中山路200号"), ("Olga Ivanova", "13800000008", "Shanghai", "15 Huaihai Road"),
)  # fmt: skip

NOTES = ("Gift: please no price tags.", "请放礼品袋,谢谢。", "Please ring twice, the bell is quiet.")
CHANNELS = ("web", "tmall", "wechat")

SET_ASIDE = (
    ("web", "20991", ("phone_missing", "sku_unknown"),
     {"name": "Peter Novak", "phone": "", "region": "Shanghai", "address": "27 Huaihai Road", "sku": "MUG-GOLD",
      "quantity": "2"}),
    ("tmall", "20992", ("address_missing", "region_missing", "quantity_invalid"),
     {"name": "魏来", "phone": "13900001111", "region": "", "address": "", "sku": "TEA-CLS", "quantity": "0"}),
)  # fmt: skip
"""Orders that came with faults: channel, number, all reasons, and what the file said (R-ORD-1)."""
