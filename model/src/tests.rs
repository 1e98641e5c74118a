//! Every field of the state and of the cast takes part in comparison, hashing and renaming.
//!
//! These are unit tests because the fields are private. All other tests are in `tests/it`.

use std::collections::hash_map::DefaultHasher;
use std::fmt::Debug;
use std::hash::{Hash, Hasher};

use crate::{Cast, Group, GroupState, Kinds, Link, Phase, Renaming, State, User, UserSet};

type Small = State<4, 2>;
type SmallGroup = GroupState<4>;

const SAM: User = User::new(0);
const KAY: User = User::new(1);
const KIM: User = User::new(2);
const ZOE: User = User::new(3);

/// A field with a change of it, for every field of a struct. It does not compile if a field is missing.
macro_rules! changes {
    ($struct:ident { $($field:ident: $change:expr),* $(,)? }) => {{
        let _ = |value: &$struct| {
            let $struct { $($field: _),* } = value;
        };
        [$((stringify!($field), (|value| $change(&mut value.$field)) as fn(&mut $struct))),*]
    }};
}

/// Exchanges kay and kim, and the two groups. It is its own inverse.
fn swap() -> Renaming {
    Renaming::identity().swapping_users(KAY, KIM).swapping_groups(Group::new(0), Group::new(1))
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// The change is seen by equality, by the hash and by a permutation that keeps the value before it.
#[track_caller]
fn assert_seen<T: Copy + Eq + Hash + Debug>(field: &str, before: T, after: T, rename: impl Fn(&T) -> T) {
    assert_eq!(rename(&before), before, "{field}");
    assert_ne!(after, before, "{field}: equality");
    assert_ne!(hash(&after), hash(&before), "{field}: hash");
    assert_ne!(rename(&after), after, "{field}: renaming");
    assert_eq!(rename(&rename(&after)), after, "{field}: renaming and back");
}

#[test]
fn each_field_of_the_state_is_seen() {
    let changes = changes!(Small {
        kinds: |kinds: &mut Kinds| kinds.adults.insert(KAY),
        guardians: |guardians: &mut [UserSet; 4]| guardians[1].insert(SAM),
        approvals: |approvals: &mut [[UserSet; 4]; 4]| approvals[0][1].insert(SAM),
        blocks: |blocks: &mut [UserSet; 4]| blocks[0].insert(KAY),
        groups: |groups: &mut [SmallGroup; 2]| groups[0].phase = Phase::Active,
    });
    let before = Small::new(&Cast::default());
    for (field, change) in changes {
        let mut after = before;
        change(&mut after);
        assert_seen(field, before, after, |state| swap().state(state));
        assert_eq!(after.with_groups(after.groups), after, "{field}: with_groups");
    }
}

#[test]
fn each_field_of_a_group_is_seen() {
    let changes = changes!(SmallGroup {
        phase: |phase: &mut Phase| *phase = Phase::Frozen,
        link: |link: &mut Link| *link = Link::Open,
        owner: |owner: &mut Option<User>| *owner = Some(KAY),
        members: |members: &mut UserSet| members.insert(KAY),
        banned: |banned: &mut UserSet| banned.insert(KAY),
        invited: |invited: &mut UserSet| invited.remove(KAY),
        inviters: |inviters: &mut [u8; 4]| inviters[KAY.index()] = ZOE.index() as u8,
    });
    // Sam has index 0, which is also the inviter of a user who is not invited.
    let mut group = SmallGroup::default();
    UserSet::first(4).iter().for_each(|user| group.invite(user, SAM));
    let before = Small::new(&Cast::default()).with_groups([group; 2]);
    for (field, change) in changes {
        let mut after = before;
        change(&mut after.groups[0]);
        assert_seen(field, before, after, |state| swap().state(state));
    }
}

#[test]
fn each_field_of_the_cast_is_seen() {
    let changes = changes!(Cast {
        kinds: |kinds: &mut Kinds| {
            kinds.children.remove(KAY);
            kinds.adults.insert(KAY);
        },
        guardians: |guardians: &mut [UserSet; 16]| guardians[1].insert(SAM),
    });
    let kinds = Kinds { children: UserSet::of([KAY, KIM]), ..Kinds::default() };
    let before = Cast { kinds, ..Cast::default() };
    for (field, change) in changes {
        let mut after = before;
        change(&mut after);
        assert_seen(field, before, after, |cast| swap().cast(cast));
    }
}

#[test]
fn each_field_of_the_kinds_is_seen() {
    let changes = changes!(Kinds {
        children: |users: &mut UserSet| users.insert(KAY),
        adults: |users: &mut UserSet| users.insert(KAY),
        guardians: |users: &mut UserSet| users.insert(KAY),
    });
    let before = Small::new(&Cast::default());
    for (field, change) in changes {
        let mut after = before;
        change(&mut after.kinds);
        assert_seen(field, before, after, |state| swap().state(state));
        assert_eq!(after.kinds.everyone(), UserSet::of([KAY]), "{field}: everyone");
        assert_eq!(after.kinds.without(KAY), before.kinds, "{field}: without");
    }
}
