"""Items: what the company stores, how it is called and scanned, how much of it there is and where.

Who orders and who runs the floor finds an item by its SKU, its name in either language or any of its barcodes, sees
where it lies and what happened to it last, and changes what may be changed while goods are moving: names, barcodes,
class, sizes and safety stock. A new item without a barcode gets one of our own (R-RCV-5). Unit and tracking of an
item never change once it is made: the ledger counts in them.
"""
