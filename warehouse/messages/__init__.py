"""Messages: who hears of what, by e-mail or by webhook, once each and until it is accepted (R-SAF-3).

What is to be told is put into the outbox by the change that it tells of. From there on, in the worker:

- addressing.py makes of each message one delivery a recipient, and reads the facts that it tells.
- facts.py reads these facts: what is there, what is coming, what should be there, whose orders wait.
- rules.py says who hears at once and who in a digest, when a failed delivery is tried again, and when it is dead. Pure.
- writing.py writes a delivery in its recipient's language, or as the body of a webhook's call.
- letters.py asks for the letter to somebody outside, such as a supplier's order: it is made when it goes.
- mail.py hands a letter to the mail server; hooks.py calls a webhook; guard.py says which addresses may be called.
- sender.py takes what is due, delivers it, and keeps what became of it.
- webhooks.py and deliveries.py are what people do with them at a desk.

A delivery says the same at each try (a letter to somebody outside: what holds then), under the same Message-ID or event id:
whoever gets it twice, because the answer to the first try was lost, can tell.
"""
