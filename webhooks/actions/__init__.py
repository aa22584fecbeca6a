"""The actions that webhooks bring: pure like all kinds, each asking for one effect, `SendDelivery`."""
