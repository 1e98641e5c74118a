//! The catalogue of faults. Each is a small mistake in the SQL text, of a kind that real teams make.
//!
//! A fault changes the text of `sql/` before any statement is prepared. No other code knows of it.

use chatwarden::model::named_enum;

named_enum! {
    /// A defect that can be planted in the SQL.
    ///
    /// ```
    /// use chatwarden::model::NamedEnum;
    /// use chatwarden_sql::fault::Fault;
    /// assert_eq!(Fault::named("not-in-null"), Some(Fault::NotInNull));
    /// ```
    pub enum Fault {
        LauncherOnly = "launcher-only": "only the owner's contacts are compared with a newcomer, not every member's",
        WrongAlias = "wrong-alias": "the guests of a new room are compared with its launcher twice, and never with each other",
        WrongTable = "wrong-table": "the user who joins by a link is looked up among the invited instead of the banned",
        MissingNotExists = "missing-not-exists": "an invitation lacks the NOT EXISTS over the bans",
        LateWatch = "late-watch": "a revocation looks up the pairs it takes away after taking them, so no pair is lost",
        OneDirection = "one-direction": "a block counts for the user who blocked and not for the one who is blocked",
        OrWithoutParentheses = "or-without-parentheses": "the OR of the users who may invite has no parentheses, so the conditions after it do not count",
        LeftJoin = "left-join": "the owner is joined by a LEFT JOIN when a member is removed, so anyone counts as one",
        NotInNull = "not-in-null": "members are compared by NOT IN over a list with nulls, which finds nobody",
        CascadeMissing = "cascade-missing": "approvals do not refer to the guardianship, and stay when the guardian goes",
        CascadeTooFar = "cascade-too-far": "a dissolved room takes its bans along",
        InviterAtAccept = "inviter-at-accept": "the user who accepts an invitation is compared with the inviter instead of everyone",
        CommitTooEarly = "commit-too-early": "an invitation is committed before the newcomer is compared with anyone",
        KeyTooNarrow = "key-too-narrow": "the key of approvals lacks the contact, so a guardian's second approval of a child is dropped",
        QuorumByCount = "quorum-by-count": "approvals of all contacts together are counted for the quorum",
        FormerMembers = "former-members": "a message is delivered to rows of the memberships that are marked as departed, too",
        NegatedPhase = "negated-phase": "messages pass wherever a room is not dissolved, so in frozen ones too",
        HalfApproval = "half-approval": "between two children the approvals are counted, and one is enough",
        JoinLacksKey = "join-lacks-key": "a revocation joins guardianships without the child, so the guardian of any child may revoke",
        InviterForgotten = "inviter-forgotten": "an invitation is recorded as the owner's, whoever issued it",
    }
}

/// The SQL that a service runs.
///
/// ```
/// use chatwarden_sql::fault::{Fault, Sql};
/// let (sound, faulty) = (Sql::with(None)?, Sql::with(Some(Fault::CascadeMissing))?);
/// assert!(sound.schema.contains("ON DELETE CASCADE") && !faulty.schema.contains("ON DELETE CASCADE"));
/// # Ok::<(), String>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sql {
    /// The tables and views.
    pub schema: String,
    /// The scripts of the commands and of the driver.
    pub scripts: String,
}

impl Sql {
    /// The text with the fault, or without any.
    ///
    /// # Errors
    /// If the text to change does not occur exactly once.
    pub fn with(fault: Option<Fault>) -> Result<Self, String> {
        let schema = concat!(include_str!("../sql/schema.sql"), "\n", include_str!("../sql/views.sql"));
        let scripts = concat!(include_str!("../sql/commands.sql"), "\n", include_str!("../sql/upkeep.sql"));
        let mut sql = Sql { schema: schema.into(), scripts: scripts.into() };
        if let Some(fault) = fault {
            for change in changes(fault) {
                let text =
                    if change.within.starts_with("CREATE") { &mut sql.schema } else { &mut sql.scripts };
                *text = change.applied(text).map_err(|why| format!("`{fault}`: {why}"))?;
            }
        }
        Ok(sql)
    }
}

/// A replacement of text.
struct Change {
    /// The first line of the table, view or script to change.
    within: &'static str,
    from: &'static str,
    to: &'static str,
}

impl Change {
    fn applied(&self, text: &str) -> Result<String, String> {
        let next = if self.within.starts_with("CREATE") { "\nCREATE " } else { "\n-- name: " };
        let (start, _) =
            text.match_indices(self.within).next().ok_or("its table, view or script does not exist")?;
        let end = text[start + 1..].find(next).map_or(text.len(), |length| start + 1 + length);
        let section = &text[start..end];
        match section.matches(self.from).count() {
            1 => Ok([&text[..start], &section.replacen(self.from, self.to, 1), &text[end..]].concat()),
            count => Err(format!("`{}` occurs {count} times in `{}`", self.from, self.within)),
        }
    }
}

fn change(within: &'static str, from: &'static str, to: &'static str) -> Vec<Change> {
    vec![Change { within, from, to }]
}

fn changes(fault: Fault) -> Vec<Change> {
    match fault {
        Fault::LauncherOnly => change(
            "CREATE VIEW peers ",
            "SELECT 'every-member', m.room, i.id, m.account FROM members m CROSS JOIN accounts i\n",
            "SELECT 'every-member', m.room, i.id, m.account FROM members m CROSS JOIN accounts i WHERE m.role = 'owner'\n",
        ),
        Fault::WrongAlias => {
            change("-- name: create\n", "c.u = g.id AND c.v = h.id", "c.u = me.id AND c.v = h.id")
        }
        Fault::WrongTable => change("-- name: join\n", "FROM bans b", "FROM invitations b"),
        Fault::MissingNotExists => change(
            "-- name: invite\n",
            "\n  AND NOT EXISTS (SELECT 1 FROM bans b WHERE b.room = r.id AND b.account = t.id)",
            "",
        ),
        Fault::LateWatch => late_watch(),
        Fault::OneDirection => change(
            "CREATE VIEW authorized ",
            "\n  AND NOT EXISTS (SELECT 1 FROM blocks b WHERE b.blocker = v.id AND b.blocked = u.id)",
            "",
        ),
        Fault::OrWithoutParentheses => change(
            "-- name: invite\n",
            "AND (p.inviters = 'members' OR me.role = 'owner')",
            "AND p.inviters = 'members' OR me.role = 'owner'",
        ),
        Fault::LeftJoin => change("-- name: remove\n", "JOIN members me", "LEFT JOIN members me"),
        Fault::NotInNull => change(
            "CREATE VIEW cleared ",
            "AND NOT EXISTS (SELECT 1 FROM compatible c WHERE c.u = x.peer AND c.v = t.id)",
            "AND x.peer NOT IN (
                SELECT c.u FROM accounts a LEFT JOIN compatible c ON c.u = a.id AND c.v = t.id)",
        ),
        Fault::CascadeMissing => change(
            "CREATE TABLE approvals ",
            "FOREIGN KEY (child, guardian) REFERENCES guardianships ON DELETE CASCADE",
            "FOREIGN KEY (guardian) REFERENCES accounts",
        ),
        Fault::CascadeTooFar => change(
            "-- name: sweep\n",
            "\nDELETE FROM invitations",
            "\nDELETE FROM bans
WHERE EXISTS (SELECT 1 FROM rooms r WHERE r.id = bans.room AND r.phase = 'dissolved');

DELETE FROM invitations",
        ),
        Fault::InviterAtAccept => change("-- name: accept\n", "c.rule = p.on_accept", "c.rule = 'inviter'"),
        Fault::CommitTooEarly => commit_too_early(),
        Fault::KeyTooNarrow => change(
            "CREATE TABLE approvals ",
            "PRIMARY KEY (child, contact, guardian)",
            "PRIMARY KEY (child, guardian)",
        ),
        Fault::QuorumByCount => change(
            "CREATE VIEW approved ",
            "NOT EXISTS (
        SELECT 1 FROM guardianships g
        WHERE g.child = c.id AND NOT EXISTS (
            SELECT 1 FROM approvals a
            WHERE a.child = g.child AND a.contact = v.id AND a.guardian = g.guardian))",
            "(SELECT COUNT(*) FROM approvals a WHERE a.child = c.id)
        >= (SELECT COUNT(*) FROM guardianships g WHERE g.child = c.id)",
        ),
        Fault::FormerMembers => {
            change("-- name: message\n", "CROSS JOIN members m\n", "CROSS JOIN memberships m\n")
        }
        Fault::NegatedPhase => {
            change("-- name: message\n", "r.phase = 'active'", "r.phase <> 'dissolved'")
        }
        Fault::HalfApproval => change(
            "CREATE VIEW authorized ",
            "WHEN u.kind = 'child' AND v.kind = 'child' AND p.between_children = 'both' THEN 2",
            "WHEN u.kind = 'child' AND v.kind = 'child' AND p.between_children = 'both' THEN 1",
        ),
        Fault::JoinLacksKey => {
            change("-- name: revoke\n", "g.child = :child AND g.guardian = :by", "g.guardian = :by")
        }
        Fault::InviterForgotten => change(
            "-- name: admit\n",
            "SELECT r.id, t.id, me.id FROM rooms r CROSS JOIN accounts t CROSS JOIN accounts me CROSS JOIN policy p
WHERE r.id = :group AND t.id = :who AND me.id = :by",
            "SELECT r.id, t.id, o.account FROM rooms r CROSS JOIN accounts t CROSS JOIN members o CROSS JOIN policy p
WHERE r.id = :group AND t.id = :who AND o.room = r.id AND o.role = 'owner'",
        ),
    }
}

/// Records the pairs to watch after the change instead of before it.
fn late_watch() -> Vec<Change> {
    const WATCH: &str = "INSERT INTO watches (child, contact)
SELECT u, v FROM authorized WHERE u = :child AND v = :contact;

";
    const SETTLE: &str = "-- then: settle";
    let mut changes = change("-- name: revoke\n", WATCH, "");
    changes.extend(change(
        "-- name: revoke\n",
        SETTLE,
        "INSERT INTO watches (child, contact)
SELECT u, v FROM authorized WHERE u = :child AND v = :contact;

-- then: settle",
    ));
    changes
}

/// Admits the newcomer and commits before the last question, so that a refusal comes too late.
fn commit_too_early() -> Vec<Change> {
    let mut changes = change("-- name: invite\n", "\n-- then: admit\n", "\n");
    changes.extend(change(
        "-- name: invite\n",
        "SELECT 1\nFROM policy p CROSS JOIN accounts t\n",
        "-- then: admit\nCOMMIT;\nBEGIN;\n\nSELECT 1\nFROM policy p CROSS JOIN accounts t\n",
    ));
    changes
}
