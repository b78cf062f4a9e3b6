"""Desks: who works at a dock or packing place, and the serial scanners there.

A person opens a desk on its computer and works in a room, as on a handheld. The agent (`warehouse-station`) reads the
desk's scanners and posts each scan to /stations/scan; it is applied in that request to the work that stands on the desk's
page, by the same action as a scan of the page itself, and its answer is what the scanner beeps. The live feed then tells
the page to fetch itself again; it carries no content. Where no page is open the scan is refused aloud.

`rules.py`: what is refused and said; `actions.py`: the verbs; `queries.py`: reads; `feed.py`: the live feed;
`screens.py`: the URLs. What every room writes down of its desk is `work/at_station.py`.
"""
