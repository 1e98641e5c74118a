-- What Parlor stores. Rules about who may talk with whom are not here but in rules.rs.

PRAGMA foreign_keys = ON;

-- Kids and grown-ups chat; parents look after kids and do not.
CREATE TABLE IF NOT EXISTS users (
    id   INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('kid', 'grown-up', 'parent'))
) STRICT;

CREATE TABLE IF NOT EXISTS parents (
    kid    INTEGER NOT NULL REFERENCES users,
    parent INTEGER NOT NULL REFERENCES users,
    PRIMARY KEY (kid, parent)
) STRICT, WITHOUT ROWID;

-- Any one of the parents approves and withdraws for all of them; who did it is kept for the support desk.
CREATE TABLE IF NOT EXISTS approvals (
    kid         INTEGER NOT NULL REFERENCES users,
    contact     INTEGER NOT NULL REFERENCES users,
    approved_by INTEGER NOT NULL REFERENCES users,
    PRIMARY KEY (kid, contact)
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS blocks (
    blocker INTEGER NOT NULL REFERENCES users,
    blocked INTEGER NOT NULL REFERENCES users,
    PRIMARY KEY (blocker, blocked)
) STRICT, WITHOUT ROWID;

-- Rooms are never deleted, so that an id is never used again. Nobody owns a room that its owner has left.
CREATE TABLE IF NOT EXISTS rooms (
    id    INTEGER PRIMARY KEY,
    state TEXT NOT NULL CHECK (state IN ('open', 'frozen', 'closed')),
    owner INTEGER REFERENCES users
) STRICT;

CREATE TABLE IF NOT EXISTS people (
    room INTEGER NOT NULL REFERENCES rooms,
    user INTEGER NOT NULL REFERENCES users,
    PRIMARY KEY (room, user)
) STRICT, WITHOUT ROWID;

-- A post without a room is a whisper.
CREATE TABLE IF NOT EXISTS posts (
    id     INTEGER PRIMARY KEY,
    room   INTEGER REFERENCES rooms,
    author INTEGER NOT NULL REFERENCES users,
    body   TEXT NOT NULL
) STRICT;

CREATE TABLE IF NOT EXISTS inbox (
    reader INTEGER NOT NULL REFERENCES users,
    post   INTEGER NOT NULL REFERENCES posts,
    PRIMARY KEY (reader, post)
) STRICT, WITHOUT ROWID;
