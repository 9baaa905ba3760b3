"""The machinery between events and jobs: relay, queues and workers, ticker. It is handed the switchboard."""
