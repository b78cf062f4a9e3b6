"""Labels: everything that is scanned has one that can be printed: items, bins, totes, badges, command codes.

Code 128 and EAN-13 where a text allows it, a QR code where it does not (Chinese letters, long texts). As PDF for any
printer, ZPL for label printers, PNG for everything else.

rules lays a label out as black boxes and lines of text, without knowing a printer; pdf, png and zpl draw the very same
boxes, so that what one of them prints reads as the others do. A badge is kept only as a digest: it can be printed when
it is issued, and never again.
"""
