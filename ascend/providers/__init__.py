"""Providers of master keys (L1). No Django in here: `ascend.apps` registers what the settings name."""
