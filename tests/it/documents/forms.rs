//! Form files: what is shipped loads, and what breaks a promise is refused.

use zhicai::domain::document::form::{Writer, forbidden_for_model};
use zhicai::domain::document::points::{DEFENCE, EVIDENCE, FACTS, REASONING};
use zhicai::prompts::{Prompts, PromptsError, Source};

use super::sample::{agency, assessment, case, filled};

fn shipped() -> Vec<Source> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("prompts");
    let mut out = vec![];
    for folder in ["documents", "blocks"] {
        for entry in std::fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let text = std::fs::read_to_string(&path).unwrap();
            out.push(Source { path: format!("{folder}/{}", path.file_name().unwrap().to_str().unwrap()), text });
        }
    }
    out
}

fn code_after(from: &str, to: &str) -> &'static str {
    let mut files = shipped();
    let form = files.iter_mut().find(|f| f.path == "documents/penalty_decision.md").unwrap();
    assert!(form.text.contains(from), "样本里没有“{from}”");
    form.text = form.text.replacen(from, to, 1);
    match Prompts::from_files(&files) {
        Err(error) => {
            assert!(error.to_string().contains("penalty_decision"), "{error}");
            error.code()
        }
        Ok(_) => "loaded",
    }
}

#[test]
fn what_is_shipped_loads_and_every_field_can_be_filled() {
    let prompts = Prompts::load().unwrap();
    let form = prompts.form("penalty_decision").unwrap();
    let drafted: Vec<&str> = form.drafted().map(|(f, _)| f.id.as_str()).collect();
    assert_eq!(drafted, [FACTS, EVIDENCE, DEFENCE, REASONING]);
    assert!(form.drafted().all(|(_, instruction)| !instruction.is_empty()));
    let elements: std::collections::BTreeSet<u8> = form.fields.iter().filter_map(|f| f.element).collect();
    assert_eq!(elements.into_iter().collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6]);
    let filled = filled(&case(), &assessment(), &agency()).unwrap();
    for field in form.fields.iter().filter(|f| f.writer != Writer::L) {
        assert!(!filled.fields[&field.id].text.is_empty(), "{}", field.id);
    }
    assert!(matches!(prompts.form("nothing"), Err(PromptsError::UnknownKind { .. })));
}

#[test]
fn broken_promises_are_refused() {
    assert_eq!(code_after("zh", "zh"), "loaded");
    for (from, to, code) in [
        ("path = \"party\"\n", "", "form.no_source"),
        ("basis = \"行政处罚法59①(一)\"\n", "", "form.no_source"),
        ("path = \"facts.narrative\"", "path = \"disc.final.fine_fen\"", "form.forbidden_for_model"),
        ("path = \"facts.narrative\"", "path = \"facts.act_from\"", "form.forbidden_for_model"),
        ("path = \"facts.narrative\"", "path = \"law\"", "form.forbidden_for_model"),
        ("path = \"facts.narrative\"", "path = \"review.conclusion\"", "form.forbidden_for_model"),
        ("path = \"remedy\"\nwriter = \"D\"", "path = \"remedy\"\nwriter = \"L\"", "form.forbidden_for_model"),
        ("model_may_write = true", "model_may_write = false", "form.forbidden_for_model"),
        ("path = \"facts.narrative\"", "path = \"weather\"", "form.unknown_path"),
        ("block = \"B_PAY\"", "block = \"B_NONE\"", "form.unknown_block"),
        ("id = \"party\"", "id = \"facts\"", "form.duplicate_field"),
        ("[party]\n", "[nobody]\n", "form.undefined_field"),
        ("[party]\n", "", "form.not_placed_once"),
        ("[party]\n", "[party]\n[party]\n", "form.not_placed_once"),
        ("> 按时间顺序", "按时间顺序", "form.no_instruction"),
        ("element = 6", "element = 7", "form.invalid"),
        ("stage = ", "colour = \"red\"\nstage = ", "prompts.invalid"),
        ("id = \"penalty_decision\"", "id = \"other\"", "prompts.invalid"),
        ("+++\n", "", "prompts.invalid"),
    ] {
        assert_eq!(code_after(from, to), code, "{from} → {to}");
    }
}

#[test]
fn a_block_that_asks_for_an_unknown_value_does_not_render_a_gap() {
    let mut files = shipped();
    let block = files.iter_mut().find(|f| f.path == "blocks/B_PAY.md").unwrap();
    block.text = block.text.replace("<< bank >>", "<< bnak >>");
    let prompts = Prompts::from_files(&files).unwrap();
    let (case, assessment, agency) = (case(), assessment(), agency());
    let input = zhicai::domain::document::fill::FillInput {
        case: &case,
        assessment: &assessment,
        agency: &agency,
        doc_no: None,
        today: super::sample::TODAY,
    };
    let error =
        zhicai::domain::document::fill::fill(prompts.form("penalty_decision").unwrap(), &prompts.blocks, &input);
    assert_eq!(error.unwrap_err().code(), "fill.block");
}

#[test]
fn what_the_model_may_never_write() {
    for path in [
        "doc_no",
        "law",
        "law[0]",
        "disc.final",
        "disc.final.fine_fen",
        "party.name",
        "case.filed_at",
        "remedy",
        "sign",
        "dl.hearing",
    ] {
        assert!(forbidden_for_model(path).is_some(), "{path}");
    }
    for path in ["facts.narrative", "evid", "procedure.statement", "disc.reasoning", "lic.reason", "rectify.items"] {
        assert!(forbidden_for_model(path).is_none(), "{path}");
    }
}
