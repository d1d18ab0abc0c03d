"""Ledger, approvals and evidence: encode, decode, load, check."""
