//! `Arbitrary` for setups and for inputs, for fuzz targets that are written by hand.
//!
//! Both are drawn with the generator, so that most commands are allowed or near misses. These bytes
//! are not those of the codec: [`Input::encode`] makes an input of the codec of what was drawn.

use arbitrary::{Arbitrary, Result, Unstructured};
use chatwarden_model::{EnumSet, State, step};

use super::codec::Input;
use super::header::Header;
use crate::format::NamedSetup;
use crate::generate::Generator;

/// The most commands of an input.
const MOST: usize = 50;

/// A built-in cast, one to three groups, and a preset or any policy.
impl<'a> Arbitrary<'a> for NamedSetup {
    fn arbitrary(bytes: &mut Unstructured<'a>) -> Result<Self> {
        Ok(Header::any(bytes).named_setup(&NamedSetup::default()))
    }

    fn size_hint(_: usize) -> (usize, Option<usize>) {
        // The cast, the number of groups, the policy, and the number of a policy that is no preset.
        (3, Some(6))
    }
}

/// A setup, and a trace of as many commands as the bytes suffice for, at most 50.
impl<'a> Arbitrary<'a> for Input {
    fn arbitrary(bytes: &mut Unstructured<'a>) -> Result<Self> {
        let header = Header::any(bytes);
        let setup = header.setup(&NamedSetup::default().setup());
        let mut generator = Generator::with_commands(&setup, EnumSet::all());
        let (mut state, mut commands): (State, Vec<_>) = (setup.start(), Vec::new());
        while !bytes.is_empty() && commands.len() < MOST {
            let command = generator.next(&state, bytes);
            step(&mut state, &setup.policy, &command);
            commands.push(command);
        }
        Ok(Input { header, commands })
    }

    fn size_hint(depth: usize) -> (usize, Option<usize>) {
        (NamedSetup::size_hint(depth).0, None)
    }
}
