"""Agents that call tools: how calls are written, who answers them, and how plays are searched."""
