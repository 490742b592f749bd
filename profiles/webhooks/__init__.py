"""Webhooks by the Standard Webhooks specification: events are posted, signed, to programs that people registered.

`events` knows the types, `recording` writes events in the transaction of what they report, `delivering` sends them.
`profiles.people.webhook_endpoints` is what a person or staff may do. See docs/use/webhooks.md.
"""
