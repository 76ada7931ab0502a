-- What the service has begun and ended, so that it knows after a restart.
CREATE TABLE service_task (
    name     TEXT PRIMARY KEY,
    began_at TEXT NOT NULL,
    ended_at TEXT
) STRICT, WITHOUT ROWID;

-- What somebody was told and what still stands: told again only when it gets worse, or after a long while.
CREATE TABLE standing_notice (
    kind    TEXT NOT NULL,
    subject TEXT NOT NULL,
    level   INTEGER NOT NULL,
    since   TEXT NOT NULL,
    told_at TEXT NOT NULL,
    PRIMARY KEY (kind, subject)
) STRICT, WITHOUT ROWID;

-- Notices on their way: each stays until its receiver has taken it, or it is too old.
CREATE TABLE outgoing_notice (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    channel         TEXT NOT NULL,
    document        TEXT NOT NULL,
    created_at      TEXT NOT NULL,
    attempts        INTEGER NOT NULL DEFAULT 0,
    next_attempt_at TEXT NOT NULL,
    ended_at        TEXT,
    delivered       INTEGER NOT NULL DEFAULT 0 CHECK (delivered IN (0, 1)),
    last_error      TEXT
) STRICT;
CREATE INDEX outgoing_notice_open ON outgoing_notice (next_attempt_at) WHERE ended_at IS NULL;
