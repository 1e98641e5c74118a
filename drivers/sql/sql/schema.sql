-- The tables and their constraints. SQLite and PostgreSQL read the same text.

-- The rules that compare a newcomer with peers: the newcomer must be compatible with some of them or with every
-- one. The view `peers` has the peers of each rule. The rule `anyone` has none, so everyone passes.
CREATE TABLE newcomer_rules (
    name       TEXT PRIMARY KEY,
    quantifier TEXT NOT NULL CHECK (quantifier IN ('some', 'every'))
);

INSERT INTO newcomer_rules (name, quantifier) VALUES
    ('anyone', 'every'),
    ('inviter', 'some'),
    ('owner', 'some'),
    ('any-member', 'some'),
    ('every-member', 'every'),
    ('every-member-and-invitee', 'every');

-- One row: the settings of the product, which the questions read.
CREATE TABLE policy (
    quorum           TEXT NOT NULL CHECK (quorum IN ('any', 'all')),
    between_children TEXT NOT NULL CHECK (between_children IN ('both', 'either')),
    admission        TEXT NOT NULL CHECK (admission IN ('consent', 'direct')),
    inviters         TEXT NOT NULL CHECK (inviters IN ('members', 'owner')),
    links            TEXT NOT NULL CHECK (links IN ('on', 'off')),
    on_create        TEXT NOT NULL REFERENCES newcomer_rules,
    on_invite        TEXT NOT NULL REFERENCES newcomer_rules,
    on_accept        TEXT NOT NULL REFERENCES newcomer_rules,
    on_join          TEXT NOT NULL REFERENCES newcomer_rules,
    message_send     TEXT NOT NULL CHECK (message_send IN ('anyone', 'every-member')),
    message_deliver  TEXT NOT NULL CHECK (message_deliver IN ('all', 'authorized')),
    call_send        TEXT NOT NULL CHECK (call_send IN ('anyone', 'every-member')),
    call_deliver     TEXT NOT NULL CHECK (call_deliver IN ('all', 'authorized')),
    on_loss          TEXT NOT NULL
        CHECK (on_loss IN ('nothing', 'freeze', 'remove-contact', 'remove-child', 'dissolve')),
    id               INTEGER PRIMARY KEY DEFAULT 1 CHECK (id = 1)
);

CREATE TABLE accounts (
    id   INTEGER PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('child', 'adult', 'guardian')),
    UNIQUE (id, kind)
);

-- The guardians of each child. The foreign keys use the two kinds to refuse other kinds of accounts.
CREATE TABLE guardianships (
    child         INTEGER NOT NULL,
    guardian      INTEGER NOT NULL,
    child_kind    TEXT NOT NULL DEFAULT 'child' CHECK (child_kind = 'child'),
    guardian_kind TEXT NOT NULL DEFAULT 'guardian' CHECK (guardian_kind = 'guardian'),
    PRIMARY KEY (child, guardian),
    FOREIGN KEY (child, child_kind) REFERENCES accounts (id, kind),
    FOREIGN KEY (guardian, guardian_kind) REFERENCES accounts (id, kind)
);

-- The contacts of a child that a guardian approved. They are deleted with the guardianship.
CREATE TABLE approvals (
    child    INTEGER NOT NULL,
    contact  INTEGER NOT NULL REFERENCES accounts,
    guardian INTEGER NOT NULL,
    PRIMARY KEY (child, contact, guardian),
    FOREIGN KEY (child, guardian) REFERENCES guardianships ON DELETE CASCADE,
    CHECK (child <> contact)
);

CREATE TABLE blocks (
    blocker INTEGER NOT NULL REFERENCES accounts,
    blocked INTEGER NOT NULL REFERENCES accounts,
    PRIMARY KEY (blocker, blocked),
    CHECK (blocker <> blocked)
);

-- A room that was never launched has no row.
CREATE TABLE rooms (
    id    INTEGER PRIMARY KEY,
    phase TEXT NOT NULL DEFAULT 'active' CHECK (phase IN ('active', 'frozen', 'dissolved')),
    link  TEXT NOT NULL DEFAULT 'closed' CHECK (link IN ('closed', 'open')),
    CHECK (phase <> 'dissolved' OR link = 'closed')
);

-- The present and former members of rooms. As in many products, the row of a member who left stays and is marked.
CREATE TABLE memberships (
    room     INTEGER NOT NULL REFERENCES rooms,
    account  INTEGER NOT NULL REFERENCES accounts,
    role     TEXT NOT NULL DEFAULT 'member' CHECK (role IN ('member', 'owner')),
    departed INTEGER NOT NULL DEFAULT 0 CHECK (departed IN (0, 1)),
    PRIMARY KEY (room, account),
    CHECK (departed = 0 OR role = 'member')
);

CREATE UNIQUE INDEX one_owner ON memberships (room) WHERE role = 'owner';

CREATE TABLE invitations (
    room    INTEGER NOT NULL REFERENCES rooms,
    account INTEGER NOT NULL REFERENCES accounts,
    inviter INTEGER NOT NULL REFERENCES accounts,
    PRIMARY KEY (room, account),
    CHECK (account <> inviter)
);

CREATE TABLE bans (
    room    INTEGER NOT NULL REFERENCES rooms,
    account INTEGER NOT NULL REFERENCES accounts,
    PRIMARY KEY (room, account)
);

-- The outbox: messages that were sent and not yet handed to the transport, which removes them.
CREATE TABLE deliveries (
    sender    INTEGER NOT NULL REFERENCES accounts,
    recipient INTEGER NOT NULL REFERENCES accounts,
    surface   TEXT NOT NULL CHECK (surface IN ('direct', 'message', 'call')),
    room      INTEGER REFERENCES rooms,
    PRIMARY KEY (sender, recipient),
    CHECK (sender <> recipient),
    CHECK ((room IS NULL) = (surface = 'direct'))
);

-- Pairs that were authorized before a change. Those that are not authorized after it were lost by it. Empty
-- between transactions.
CREATE TABLE watches (
    child   INTEGER NOT NULL REFERENCES accounts,
    contact INTEGER NOT NULL REFERENCES accounts,
    PRIMARY KEY (child, contact)
);
