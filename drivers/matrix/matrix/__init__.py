"""A driver of Synapse, plain and with the TI-Messenger permission module, over the driver protocol.

Each module says what it is and what it deliberately is not; `driver` joins them, and nobody imports
`driver`.
"""
