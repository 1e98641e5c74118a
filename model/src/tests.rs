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

/// Every field of a struct with a change of it that depends on a user. It does not compile if a field is
/// missing.
macro_rules! changes {
    ($struct:ident { $($field:ident: $change:expr),* $(,)? }) => {{
        let _ = |value: &$struct| {
            let $struct { $($field: _),* } = value;
        };
        [$((stringify!($field), (|value, user| $change(&mut value.$field, user)) as fn(&mut $struct, User))),*]
    }};
}

/// Exchanges kay and kim, and the two groups.
fn swap() -> Renaming {
    Renaming::identity().swapping_users(KAY, KIM).swapping_groups(Group::new(0), Group::new(1))
}

/// The index of the group that `swap` exchanges when it exchanges kay and kim.
fn group_of(user: User) -> usize {
    user.index() - KAY.index()
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// A change for kay is seen by equality and by the hash, and renaming turns it into the change for kim.
#[track_caller]
fn assert_seen<T: Copy + Eq + Hash + Debug>(
    field: &str,
    before: T,
    change: impl Fn(&mut T, User),
    rename: impl Fn(&T) -> T,
) {
    let [for_kay, for_kim] = [KAY, KIM].map(|user| {
        let mut after = before;
        change(&mut after, user);
        after
    });
    assert_ne!(for_kay, before, "{field}: equality");
    assert_ne!(hash(&for_kay), hash(&before), "{field}: hash");
    assert_eq!(rename(&for_kay), for_kim, "{field}: renaming");
}

#[test]
fn each_field_of_the_state_is_seen() {
    let changes = changes!(Small {
        kinds: |kinds: &mut Kinds, user| kinds.adults.insert(user),
        guardians: |guardians: &mut [UserSet; 4], user: User| guardians[user.index()].insert(user),
        approvals: |approvals: &mut [[UserSet; 4]; 4], user: User| {
            approvals[user.index()][user.index()].insert(user);
        },
        blocks: |blocks: &mut [UserSet; 4], user: User| blocks[user.index()].insert(user),
        groups: |groups: &mut [SmallGroup; 2], user| groups[group_of(user)].phase = Phase::Active,
    });
    let before = Small::new(&Cast::default());
    for (field, change) in changes {
        assert_seen(field, before, change, |state| swap().state(state));
        let mut after = before;
        change(&mut after, KAY);
        assert_eq!(after.with_groups(after.groups), after, "{field}: with_groups");
    }
}

#[test]
fn each_field_of_a_group_is_seen() {
    let changes = changes!(SmallGroup {
        phase: |phase: &mut Phase, _| *phase = Phase::Frozen,
        link: |link: &mut Link, _| *link = Link::Open,
        owner: |owner: &mut Option<User>, user| *owner = Some(user),
        members: |members: &mut UserSet, user| members.insert(user),
        banned: |banned: &mut UserSet, user| banned.insert(user),
        invited: |invited: &mut UserSet, user| invited.remove(user),
        inviters: |inviters: &mut [u8; 4], user: User| inviters[user.index()] = user.index() as u8,
    });
    // Sam has index 0, which is also the inviter of a user who is not invited.
    let mut group = SmallGroup::default();
    UserSet::first(4).iter().for_each(|user| group.invite(user, SAM));
    let before = Small::new(&Cast::default()).with_groups([group; 2]);
    for (field, change) in changes {
        let change = |state: &mut Small, user| change(&mut state.groups[group_of(user)], user);
        assert_seen(field, before, change, |state| swap().state(state));
    }
}

#[test]
fn each_field_of_the_cast_is_seen() {
    let changes = changes!(Cast {
        kinds: |kinds: &mut Kinds, user| {
            kinds.children.remove(user);
            kinds.adults.insert(user);
        },
        guardians: |guardians: &mut [UserSet; 16], user: User| guardians[user.index()].insert(user),
    });
    let kinds = Kinds { children: UserSet::of([KAY, KIM]), ..Kinds::default() };
    for (field, change) in changes {
        assert_seen(field, Cast { kinds, ..Cast::default() }, change, |cast| swap().cast(cast));
    }
}

#[test]
fn each_field_of_the_kinds_is_seen() {
    let changes = changes!(Kinds {
        children: |users: &mut UserSet, user| users.insert(user),
        adults: |users: &mut UserSet, user| users.insert(user),
        guardians: |users: &mut UserSet, user| users.insert(user),
    });
    let before = Small::new(&Cast::default());
    for (field, change) in changes {
        let in_state = |state: &mut Small, user| change(&mut state.kinds, user);
        assert_seen(field, before, in_state, |state| swap().state(state));
        let mut kinds = Kinds::default();
        change(&mut kinds, KAY);
        assert_eq!(kinds.everyone(), UserSet::of([KAY]), "{field}: everyone");
        assert_eq!(kinds.without(KAY), Kinds::default(), "{field}: without");
    }
}
