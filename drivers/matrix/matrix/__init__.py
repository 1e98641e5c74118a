"""A driver of Synapse, plain and with the TI-Messenger permission module, over the driver protocol.

`driver` joins the other modules. Only the program imports it.
"""
