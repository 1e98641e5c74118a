-- Relations that follow from the tables: the pairs that may talk, and the users that a rule lets in.

CREATE VIEW members (room, account, role) AS
SELECT room, account, role FROM memberships WHERE departed = 0;

-- The contacts of a child that one guardian, or every guardian, approved.
CREATE VIEW approved (child, contact) AS
SELECT c.id, v.id
FROM policy p CROSS JOIN accounts c CROSS JOIN accounts v
WHERE c.kind = 'child' AND v.kind <> 'guardian' AND v.id <> c.id
  AND EXISTS (SELECT 1 FROM approvals a WHERE a.child = c.id AND a.contact = v.id)
  AND (p.quorum = 'any' OR NOT EXISTS (
        SELECT 1 FROM guardianships g
        WHERE g.child = c.id AND NOT EXISTS (
            SELECT 1 FROM approvals a
            WHERE a.child = g.child AND a.contact = v.id AND a.guardian = g.guardian)));

-- Both directions of every pair that may talk alone: two adults need no approval, two children may need both.
CREATE VIEW authorized (u, v) AS
SELECT u.id, v.id
FROM policy p CROSS JOIN accounts u CROSS JOIN accounts v
WHERE u.id <> v.id AND u.kind <> 'guardian' AND v.kind <> 'guardian'
  AND NOT EXISTS (SELECT 1 FROM blocks b WHERE b.blocker = u.id AND b.blocked = v.id)
  AND NOT EXISTS (SELECT 1 FROM blocks b WHERE b.blocker = v.id AND b.blocked = u.id)
  AND CASE
        WHEN u.kind = 'adult' AND v.kind = 'adult' THEN 0
        WHEN u.kind = 'child' AND v.kind = 'child' AND p.between_children = 'both' THEN 2
        ELSE 1
      END <= (
        SELECT COUNT(*) FROM approved a
        WHERE a.child IN (u.id, v.id) AND a.contact IN (u.id, v.id));

-- Both directions of every pair that may share a room: adults may even if one has blocked the other.
CREATE VIEW compatible (u, v) AS
SELECT u.id, v.id
FROM accounts u CROSS JOIN accounts v
WHERE (u.kind = 'adult' AND v.kind = 'adult')
   OR EXISTS (SELECT 1 FROM authorized a WHERE a.u = u.id AND a.v = v.id);

-- The users with whom a rule compares a newcomer whom the inviter invites.
CREATE VIEW peers (rule, room, inviter, peer) AS
SELECT 'inviter', r.id, i.id, i.id FROM rooms r CROSS JOIN accounts i
UNION ALL
SELECT 'owner', m.room, i.id, m.account FROM members m CROSS JOIN accounts i WHERE m.role = 'owner'
UNION ALL
SELECT 'any-member', m.room, i.id, m.account FROM members m CROSS JOIN accounts i
UNION ALL
SELECT 'every-member', m.room, i.id, m.account FROM members m CROSS JOIN accounts i
UNION ALL
SELECT 'every-member-and-invitee', m.room, i.id, m.account FROM members m CROSS JOIN accounts i
UNION ALL
SELECT 'every-member-and-invitee', n.room, i.id, n.account FROM invitations n CROSS JOIN accounts i;

-- The newcomers that a rule lets into a room on the invitation of the inviter. A user is not compared with itself.
CREATE VIEW cleared (rule, room, newcomer, inviter) AS
SELECT n.name, r.id, t.id, i.id
FROM newcomer_rules n CROSS JOIN rooms r CROSS JOIN accounts t CROSS JOIN accounts i
WHERE (n.quantifier = 'some' AND EXISTS (
        SELECT 1 FROM peers x
        WHERE x.rule = n.name AND x.room = r.id AND x.inviter = i.id AND x.peer <> t.id
          AND EXISTS (SELECT 1 FROM compatible c WHERE c.u = x.peer AND c.v = t.id)))
   OR (n.quantifier = 'every' AND NOT EXISTS (
        SELECT 1 FROM peers x
        WHERE x.rule = n.name AND x.room = r.id AND x.inviter = i.id AND x.peer <> t.id
          AND NOT EXISTS (SELECT 1 FROM compatible c WHERE c.u = x.peer AND c.v = t.id)));

-- The active rooms that have both users of a watched and lost pair.
CREATE VIEW severed (room, child, contact) AS
SELECT r.id, w.child, w.contact
FROM watches w
JOIN members a ON a.account = w.child
JOIN members b ON b.room = a.room AND b.account = w.contact
JOIN rooms r ON r.id = a.room
WHERE r.phase = 'active'
  AND NOT EXISTS (SELECT 1 FROM authorized x WHERE x.u = w.child AND x.v = w.contact);
