//! Presets, kinds of commands, sets of values, and corner cases of bounds and permutations. The expected
//! values are taken from `docs/semantics.md`.
//!
//! `conditions` and `differential` test the commands.

use chatwarden_model::{
    Bounds, Cast, Command, CommandKind, EnumSet, Group, GroupState, Kind, NamedEnum, Newcomer, Policy,
    Preset, Promise, Renaming, State, Surface, SymmetryCut, SymmetryGroup, User, UserSet,
};

use crate::notation::{ANN, BOB, DAN, G, KAY, KIM, SAM, ZOE, invite};

/// The table of presets: quorum, between-children, admission, inviters, links, newcomer, message, call, on-loss.
const PRESETS: &[(&str, &str)] = &[
    (
        "messenger-kids",
        "any both direct members false every-member every-member every-member every-member anyone/all anyone/all freeze",
    ),
    (
        "messenger-kids-2019",
        "any both direct members false inviter inviter inviter inviter anyone/all anyone/all nothing",
    ),
    (
        "pairwise-consent",
        "any both consent members true every-member every-member every-member every-member every-member/authorized \
         every-member/authorized remove-contact",
    ),
    (
        "at-least-one-contact",
        "any both consent members false any-member any-member any-member any-member anyone/all anyone/all nothing",
    ),
    (
        "adder-only",
        "any both direct members true inviter inviter anyone anyone anyone/all anyone/all nothing",
    ),
    (
        "invite-time-only",
        "any both consent members false inviter inviter anyone anyone anyone/all anyone/all nothing",
    ),
    (
        "no-contact-rule",
        "any both consent members true anyone anyone anyone anyone anyone/all anyone/all nothing",
    ),
];

#[test]
fn presets_are_those_of_the_table() {
    let rows: Vec<_> = Preset::ALL.iter().map(|preset| (preset.name(), knobs(&preset.policy()))).collect();
    let expected: Vec<_> = PRESETS.iter().map(|(name, knobs)| (*name, knobs.to_string())).collect();
    assert_eq!(rows, expected);
}

/// The value of every knob, in the order of the table.
fn knobs(policy: &Policy) -> String {
    let Policy { quorum, between_children, admission, inviters, links, newcomer, message, call, on_loss } =
        policy;
    let Newcomer { create, invite, accept, join } = newcomer;
    let surface = |&Surface { send, deliver }: &Surface| format!("{send}/{deliver}");
    let (message, call) = (surface(message), surface(call));
    format!(
        "{quorum} {between_children} {admission} {inviters} {links} {create} {invite} {accept} {join} \
         {message} {call} {on_loss}"
    )
}

#[test]
fn kinds_of_commands_name_groups_and_deliver_as_the_table_says() {
    let names = |is: fn(CommandKind) -> bool| {
        let names = CommandKind::ALL.iter().filter(|kind| is(**kind)).map(|kind| kind.name());
        names.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(
        names(|kind| !kind.names_group()),
        "approve revoke add-guardian remove-guardian block unblock direct"
    );
    assert_eq!(names(CommandKind::delivers), "direct message call");
    assert_eq!(names(CommandKind::is_administrative), "approve revoke add-guardian remove-guardian");
}

#[test]
fn a_command_names_its_actor_and_everybody_else_in_it() {
    let create = Command::Create { by: SAM, group: G, with: UserSet::of([KAY, ZOE]) };
    assert_eq!(create.users(), UserSet::of([SAM, KAY, ZOE]));
    assert_eq!(invite(KAY, G, KIM).users(), UserSet::of([KAY, KIM]));
    assert_eq!(Command::Approve { by: ANN, child: KAY, contact: SAM }.users(), UserSet::of([ANN, KAY, SAM]));
}

#[test]
fn an_enum_set_is_a_set() {
    type Set = EnumSet<Promise>;
    let set = |promises: &[Promise]| promises.iter().copied().collect::<Set>();
    let [a, b, c] = [Promise::NoStrangers, Promise::Ban, Promise::Refusal];
    assert_eq!(set(&[a, b]).or(set(&[b, c])), set(&[a, b, c]));
    assert_eq!(set(&[a, b]).and(set(&[b, c])), set(&[b]));
    assert_ne!(set(&[a]), set(&[b]));
    assert_ne!(set(&[a]), set(&[a, b]));
    let mut fewer = set(&[a, b, c]);
    fewer.remove(b);
    fewer.remove(b);
    assert_eq!(fewer, set(&[a, c]));
    assert!(Set::empty().is_empty() && Set::default().is_empty() && !set(&[c]).is_empty());
    let flags = Promise::ALL.iter().map(|&promise| (promise, promise == b || promise == c));
    assert_eq!(Set::from_flags(flags), set(&[b, c]));
    assert_eq!(Set::from_flags([(a, true), (a, true), (b, false)]), set(&[a]));
    assert_eq!(format!("{:?}", set(&[a, b])), r#"{"no-strangers", "ban"}"#);
}

/// ann: guardian of kay; kay: child; sam, zoe: adults.
fn four() -> (Cast, [User; 4]) {
    let mut cast = Cast::default();
    let ann = cast.add(Kind::Guardian, UserSet::EMPTY);
    let kay = cast.add(Kind::Child, UserSet::of([ann]));
    let sam = cast.add(Kind::Adult, UserSet::EMPTY);
    let zoe = cast.add(Kind::Adult, UserSet::EMPTY);
    (cast, [ann, kay, sam, zoe])
}

#[test]
fn only_approvals_of_guardians_make_a_contact() {
    let (cast, [ann, kay, sam, zoe]) = four();
    let policy = Preset::MessengerKids.policy();
    let mut state: State = State::new(&cast);
    assert_eq!(state.contacts(&policy, kay), UserSet::EMPTY);
    state.approvals_mut(kay, sam).insert(ann);
    // The approval of a user who is no guardian of the child does not count.
    state.approvals_mut(kay, zoe).insert(sam);
    assert_eq!(state.contacts(&policy, kay), UserSet::of([sam]));
}

#[test]
fn deleting_all_invitations_deletes_their_inviters() {
    let mut group: GroupState = GroupState::default();
    group.invite(KAY, SAM);
    group.invite(KIM, ZOE);
    group.uninvite_all();
    assert_eq!((group.invited(), group.inviter(KAY)), (UserSet::EMPTY, None));
    assert_eq!(group, GroupState::default(), "equal groups compare equal");
}

#[test]
fn commands_are_within_bounds() {
    let (cast, [_, _, sam, zoe]) = four();
    let without_groups = Bounds::new(&cast, 0);
    assert!(without_groups.all().iter().all(|command| command.group().is_none()));
    assert!(!without_groups.all().is_empty());
    let bounds = Bounds::new(&cast, 1);
    let leave = |group| Command::Leave { by: sam, group };
    assert!(bounds.is_well_typed(&leave(Group::new(0))) && !bounds.is_well_typed(&leave(Group::new(1))));
    assert!(!bounds.is_well_typed(&Command::Block { by: zoe, who: zoe }));
    let nobody = Bounds::new(&Cast::default(), 2);
    assert_eq!(nobody.all(), []);
}

#[test]
fn permutations_stop_where_they_would_be_too_many() {
    let (cast, _) = four();
    let count = |groups, most| SymmetryGroup::keeping(&cast, groups, most).renamings.len();
    // Two adults, and two or six ways to name groups.
    assert_eq!([count(1, 100), count(2, 100), count(3, 100)], [2, 4, 12]);
    assert_eq!(
        [count(2, 4), count(2, 3), count(3, 12), count(3, 11), count(3, 8), count(3, 3)],
        [4, 2, 12, 4, 4, 2]
    );
    assert_eq!([count(1, 2), count(1, 1), count(1, 0)], [2, 1, 1]);
    let cut = |groups, most| SymmetryGroup::keeping(&cast, groups, most).cut;
    assert!(cut(0, 2).is_none() && cut(3, 12).is_none());
    assert_eq!(cut(3, 11), SymmetryCut { users: 0, groups: 1 });
    assert_eq!(cut(3, 1), SymmetryCut { users: 1, groups: 2 });
}

/// Ten guardians in a ring of children: there are 3,628,800 ways to name the guardians, and few fit.
#[test]
fn permutations_are_found_in_bounded_time() {
    let mut cast = Cast::default();
    (0..10).for_each(|_| {
        cast.add(Kind::Guardian, UserSet::EMPTY);
    });
    for child in 0..5 {
        let guardians = [0, 1, 2, 5].map(|guardian| User::new((2 * child + guardian) % 10));
        cast.add(Kind::Child, UserSet::of(guardians));
    }
    let symmetry = SymmetryGroup::keeping(&cast, 0, usize::MAX);
    assert_eq!(symmetry.renamings[0], Renaming::identity());
    assert!(!symmetry.cut.is_none());
    assert!(symmetry.renamings.iter().all(|renaming| renaming.cast(&cast) == cast));
}

#[test]
fn permutations_keep_kinds_and_guardians() {
    let mut cast = Cast::default();
    let ann = cast.add(Kind::Guardian, UserSet::EMPTY);
    cast.add(Kind::Adult, UserSet::EMPTY);
    assert_eq!(
        SymmetryGroup::keeping(&cast, 0, 100).renamings,
        [Renaming::identity()],
        "a guardian is no adult"
    );
    let bob = cast.add(Kind::Guardian, UserSet::EMPTY);
    assert_eq!(SymmetryGroup::keeping(&cast, 0, 100).renamings.len(), 2);
    cast.add(Kind::Child, UserSet::of([ann]));
    assert_eq!(
        SymmetryGroup::keeping(&cast, 0, 100).renamings,
        [Renaming::identity()],
        "only one has a child"
    );
    cast.add(Kind::Child, UserSet::of([bob]));
    assert_eq!(SymmetryGroup::keeping(&cast, 0, 100).renamings.len(), 2, "each with their child");
    // Users who are not in the cast keep their names.
    assert_eq!(Renaming::identity().users(UserSet::of([BOB, DAN])), UserSet::of([BOB, DAN]));
}
