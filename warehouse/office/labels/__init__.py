"""Labels: everything that is scanned has one that can be printed: items, bins, totes, badges, command codes.

Code 128 and EAN-13 where a text allows it, a QR code where it does not (Chinese letters, long texts). As PDF for any
printer, ZPL for label printers, PNG for everything else.
"""
