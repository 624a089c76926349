//! A small theatre: people, rules and a way to take the steps of a script one after another.

use std::sync::OnceLock;

use jiff::Timestamp;
use jiff::civil::{Date, date};
use serde_json::Value;
use zhicai::domain::assessment::Assessment;
use zhicai::domain::checks::{self, Bureau, Finding, Look, PastFine, Precheck};
use zhicai::domain::discretion::{ProvisionState, ProvisionTexts};
use zhicai::domain::dossier::Dossier;
use zhicai::domain::law::{Provision, Validity};
use zhicai::domain::people::{Actor, Issuer, OfficerCert, Role};
use zhicai::domain::procedure::{self, Advanced, Context, Refusal, Registration, Step};
use zhicai::domain::rulebook::RuleBook;

pub(crate) use super::scripts::{Kind, Turn, clue, script};

/// Every provision stands in force, but for those of a law that is named as repealed.
pub(crate) struct Texts {
    pub repealed: Option<&'static str>,
}

impl ProvisionTexts for Texts {
    fn lookup(&self, provision: &Provision, _: Date) -> ProvisionState {
        let gone = self.repealed.is_some_and(|law| provision.law.contains(law));
        let validity = if gone { Validity::Repealed } else { Validity::InForce };
        ProvisionState { version: Some(format!("{}@2018-12-29", provision.law)), validity, text: None }
    }
}

pub(crate) static IN_FORCE: Texts = Texts { repealed: None };

/// The real rules, read once.
pub(crate) fn book() -> &'static RuleBook {
    static BOOK: OnceLock<RuleBook> = OnceLock::new();
    BOOK.get_or_init(|| zhicai::corpus::rules::load(None).unwrap())
}

fn cert(no: &str) -> OfficerCert {
    OfficerCert {
        cert_no: no.into(),
        issuer: Issuer::Province,
        region: "云南省昆明市安宁市".into(),
        categories: vec!["教育".into(), "体育".into()],
        valid_from: date(2023, 1, 1),
        valid_to: date(2028, 12, 31),
    }
}

fn person(id: &str, name: &str, role: Role) -> Actor {
    Actor {
        id: id.into(),
        name: name.into(),
        roles: vec![role],
        certs: vec![],
        legal_qualification: true,
        first_time_reviewer: false,
    }
}

/// Two officers, a reviewer, a head, a publisher; and an officer without a certificate.
pub(crate) fn people() -> Vec<Actor> {
    let officer = |id: &str, name: &str, no: &str| Actor { certs: vec![cert(no)], ..person(id, name, Role::Officer) };
    vec![
        officer("li", "李明", "53990001023"),
        officer("wang", "王芳", "53990001024"),
        person("zhao", "赵审", Role::Reviewer),
        person("zhou", "周局", Role::Head),
        person("he", "何公", Role::Publisher),
        person("novice", "新人", Role::Officer),
    ]
}

pub(crate) fn bureau() -> Bureau {
    Bureau {
        name: "安宁市教育体育局".into(),
        region: "云南省昆明市安宁市".into(),
        category: "教育".into(),
        government: "安宁市人民政府".into(),
        court: Some("昆明铁路运输法院".into()),
        retention_years: Some(30),
    }
}

/// A dossier with what surrounds it.
pub(crate) struct Scene {
    pub dossier: Dossier,
    pub bureau: Bureau,
    pub past: Vec<PastFine>,
    pub texts: &'static Texts,
    pub turn: Turn,
}

impl Scene {
    /// The case registered, nothing done yet.
    pub fn open(kind: Kind) -> Self {
        let registration: Registration = serde_json::from_value(clue(kind)).unwrap();
        let dossier = registration.open(format!("案{}", kind.name()), "li".into(), date(2026, 3, 2));
        let turn = Turn { day: date(2026, 3, 2), who: "li", step: Value::Null };
        Self { dossier, bureau: bureau(), past: vec![], texts: &IN_FORCE, turn }
    }

    /// The whole script, to its last state.
    pub fn ended(kind: Kind) -> Self {
        let mut scene = Self::open(kind);
        for turn in script(kind) {
            scene.play(turn);
        }
        scene
    }

    /// Just before the step named, which waits in `turn`. `serve` is named with what is served: `serve:notice`.
    pub fn before(kind: Kind, key: &str) -> Self {
        let mut scene = Self::open(kind);
        for turn in script(kind) {
            if turn.key() == key {
                scene.turn = turn;
                return scene;
            }
            scene.play(turn);
        }
        panic!("no step {key} in {}", kind.name())
    }

    /// Takes a step; it must be allowed.
    pub fn play(&mut self, turn: Turn) {
        self.turn = turn;
        match self.attempt() {
            Ok(after) => self.dossier = after.dossier,
            Err(r) => panic!("{} {}: {} {r}", self.turn.day, self.turn.step, r.guard),
        }
    }

    /// Takes the step that waits.
    pub fn attempt(&self) -> Result<Advanced, Refusal> {
        let step: Step = serde_json::from_value(self.turn.step.clone()).unwrap_or_else(|e| {
            panic!("{}: {e}", self.turn.step);
        });
        let people = people();
        let actor = people.iter().find(|p| p.id == self.turn.who).unwrap();
        let now: Timestamp = format!("{}T18:00:00+08:00", self.turn.day).parse().unwrap();
        let ctx = Context {
            actor,
            people: &people,
            book: book(),
            texts: self.texts,
            bureau: &self.bureau,
            past: &self.past,
            day: self.turn.day,
            today: self.turn.day,
            now,
            id: &format!("id-{}-{}", self.dossier.reviews.len(), self.dossier.documents.len()),
        };
        procedure::advance(&self.dossier, &step, &ctx)
    }

    pub fn assessment(&self) -> Assessment {
        checks::assess(&self.dossier, book(), self.texts, self.turn.day)
    }

    /// Looks at the file on the day of the last turn.
    pub fn look<T>(&self, see: impl FnOnce(&Look<'_>) -> T) -> T {
        let assessment = self.assessment();
        see(&Look {
            dossier: &self.dossier,
            assessment: &assessment,
            book: book(),
            texts: self.texts,
            bureau: &self.bureau,
            past: &self.past,
            day: self.turn.day,
        })
    }

    pub fn audit(&self) -> Vec<Finding> {
        self.look(checks::audit)
    }

    pub fn precheck(&self) -> Vec<Precheck> {
        self.look(checks::precheck)
    }

    /// The facts as changed are confirmed again, so that nothing but the change itself stands in the way.
    pub fn reconfirm(&mut self) {
        let digest = self.dossier.facts_digest();
        if let Some(c) = self.dossier.facts_confirmed.as_mut() {
            c.digest = digest;
        }
    }
}
