//! The fields of a record as a mapping gives them: checked against the message once, filled row by row.

use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};
use serde_json::{Map, Value};

use super::column::{Column, Organisations};
use super::file;
use super::scope::{Scope, Wrong, text_of};
use super::template::Template;

/// What a field is filled with.
#[derive(Clone, Debug)]
pub(super) enum Node {
    Literal(Value),
    Text(Template, Kind),
    One(Column, Kind),
    Many(Column, Kind),
    /// A map from language to text, taken as it stands in JSON.
    Texts(Column),
    Message(Vec<(String, Node)>),
    Map(Vec<(Template, Node)>),
    List(Vec<Element>),
}

impl Node {
    /// The fields of a message.
    pub(super) fn fields(&self) -> &[(String, Self)] {
        match self {
            Self::Message(fields) => fields,
            _ => &[],
        }
    }
}

/// One entry of a list, or one for each value of a column.
#[derive(Clone, Debug)]
pub(super) struct Element {
    each: Option<Column>,
    node: Node,
}

/// What became of a field: nothing, a constant, or something of the row.
#[derive(Debug)]
enum Made {
    Nothing,
    Constant(Value),
    Filled(Value),
}

/// Words that are there, for checking those that are named.
pub(super) struct Names<'n> {
    pub(super) words: Vec<&'n str>,
    pub(super) parameters: Vec<&'n str>,
}

impl Names<'_> {
    pub(super) fn template(&self, source: &str) -> Result<Template, String> {
        let template = Template::parse(source)?;
        self.check(&template)?;
        Ok(template)
    }

    fn check(&self, template: &Template) -> Result<(), String> {
        for (words, name) in template.names() {
            if words && !self.words.contains(&name) {
                return Err(format!("there is no [words.{name}]"));
            }
            if !words && !self.parameters.contains(&name) {
                return Err(format!("there is no [parameters.{name}]"));
            }
        }
        Ok(())
    }

    pub(super) fn column(&self, table: toml::Table) -> Result<Column, String> {
        let file: file::Column = table
            .try_into()
            .map_err(|e: toml::de::Error| e.message().to_owned())?;
        let column = Column::compile(file, &self.words)?;
        column
            .templates()
            .try_for_each(|template| self.check(template))?;
        Ok(column)
    }
}

/// The fields of a message. What is wrong otherwise, with the path of the field.
pub(super) fn message(
    descriptor: &MessageDescriptor,
    table: &toml::Table,
    names: &Names<'_>,
) -> Result<Node, String> {
    let mut fields = Vec::new();
    for (name, value) in table {
        let Some(field) = descriptor.get_field_by_name(name) else {
            let known: Vec<String> = descriptor.fields().map(|f| f.name().to_owned()).collect();
            return Err(format!(
                "{name}: is no field of {}; it has {}",
                descriptor.name(),
                known.join(", ")
            ));
        };
        let node = whole(&field, value, names).map_err(|wrong| format!("{name}: {wrong}"))?;
        fields.push((name.clone(), node));
    }
    Ok(Node::Message(fields))
}

fn is_column(table: &toml::Table) -> bool {
    table.contains_key("from") || table.contains_key("template")
}

fn whole(field: &FieldDescriptor, value: &toml::Value, names: &Names<'_>) -> Result<Node, String> {
    let kind = field.kind();
    if field.is_map() {
        return match value {
            toml::Value::Table(table) if is_column(table) => {
                Ok(Node::Texts(names.column(table.clone())?))
            }
            toml::Value::Table(table) => {
                let Kind::Message(entry) = &kind else {
                    return Err("is no map".to_owned());
                };
                let below = entry.map_entry_value_field().kind();
                let entries = table.iter().map(|(key, value)| {
                    let node =
                        one(&below, value, names).map_err(|wrong| format!("{key}: {wrong}"))?;
                    Ok((names.template(key)?, node))
                });
                Ok(Node::Map(entries.collect::<Result<_, String>>()?))
            }
            _ => Err("needs a table of language = text".to_owned()),
        };
    }
    if !field.is_list() {
        return one(&kind, value, names);
    }
    match value {
        toml::Value::Table(table) if is_column(table) => {
            Ok(Node::Many(names.column(table.clone())?, kind))
        }
        toml::Value::Array(items) => {
            let elements = items.iter().map(|item| element(&kind, item, names));
            Ok(Node::List(elements.collect::<Result<_, _>>()?))
        }
        other => Ok(Node::List(vec![element(&kind, other, names)?])),
    }
}

fn element(kind: &Kind, value: &toml::Value, names: &Names<'_>) -> Result<Element, String> {
    let mut value = value.clone();
    let each = match &mut value {
        toml::Value::Table(table) => match table.remove("for") {
            Some(toml::Value::Table(column)) => Some(names.column(column)?),
            Some(_) => return Err("for: needs a column, { from = \"...\" }".to_owned()),
            None => None,
        },
        _ => None,
    };
    let node = one(kind, &value, names)?;
    Ok(Element { each, node })
}

fn one(kind: &Kind, value: &toml::Value, names: &Names<'_>) -> Result<Node, String> {
    match (kind, value) {
        (_, toml::Value::Table(table)) if is_column(table) => {
            let date = table.contains_key("date");
            let wants = matches!(kind, Kind::Message(m) if m.name() == "CivilDate");
            if date != wants {
                let wrong = if wants { "needs `date`" } else { "is no date" };
                return Err(wrong.to_owned());
            }
            Ok(Node::One(names.column(table.clone())?, kind.clone()))
        }
        (Kind::Message(descriptor), toml::Value::Table(table)) => message(descriptor, table, names),
        (Kind::Message(descriptor), _) => Err(format!(
            "needs a table of the fields of {}",
            descriptor.name()
        )),
        (_, toml::Value::String(text)) => {
            let template = names.template(text)?;
            if template.is_constant() {
                return Ok(Node::Literal(
                    scalar(kind, text, "").map_err(|wrong| wrong.reason)?,
                ));
            }
            Ok(Node::Text(template, kind.clone()))
        }
        (_, toml::Value::Boolean(yes)) => Ok(Node::Literal(Value::Bool(*yes))),
        (_, toml::Value::Integer(number)) => Ok(Node::Literal(Value::from(*number))),
        _ => Err("needs a text, a number, a column or a list of them".to_owned()),
    }
}

/// A text as what the field holds.
fn scalar(kind: &Kind, text: &str, column: &str) -> Result<Value, Wrong> {
    let wrong = |reason: String| Wrong::new(column, reason);
    match kind {
        Kind::String => Ok(Value::String(text.to_owned())),
        Kind::Enum(choices) => match choices.get_value_by_name(text) {
            Some(_) => Ok(Value::String(text.to_owned())),
            None => Err(wrong(format!("{text:?} is no {}", choices.name()))),
        },
        Kind::Bool => match text.to_lowercase().as_str() {
            "true" | "yes" | "y" | "1" => Ok(Value::Bool(true)),
            "false" | "no" | "n" | "0" => Ok(Value::Bool(false)),
            _ => Err(wrong(format!("{text:?} is neither true nor false"))),
        },
        Kind::Message(_) | Kind::Bytes | Kind::Float | Kind::Double => {
            Err(wrong("cannot be made of a text".to_owned()))
        }
        _ => {
            let number: i64 = text
                .trim()
                .parse()
                .map_err(|_| wrong(format!("{text:?} is not a whole number")))?;
            Ok(Value::from(number))
        }
    }
}

impl Node {
    /// The message of a row.
    pub(super) fn fill(&self, scope: &Scope<'_>, new: &mut Organisations) -> Result<Value, Wrong> {
        Ok(match self.make(scope, new)? {
            Made::Nothing => Value::Object(Map::new()),
            Made::Constant(value) | Made::Filled(value) => value,
        })
    }

    fn make(&self, scope: &Scope<'_>, new: &mut Organisations) -> Result<Made, Wrong> {
        match self {
            Self::Literal(value) => Ok(Made::Constant(value.clone())),
            Self::Text(template, kind) => match template.fill(scope)? {
                (text, true) => Ok(Made::Filled(scalar(kind, text.trim(), &template.source)?)),
                _ => Ok(Made::Nothing),
            },
            Self::One(column, kind) => {
                let mut values = column.values(scope, new)?;
                if values.len() > 1 {
                    return Err(Wrong::new(
                        column.name(),
                        "holds several values where one is wanted",
                    ));
                }
                match values.pop() {
                    None => Ok(Made::Nothing),
                    Some(value) => Ok(Made::Filled(value_of(kind, value, column)?)),
                }
            }
            Self::Many(column, kind) => {
                let values = column.values(scope, new)?;
                let values = values
                    .into_iter()
                    .map(|value| value_of(kind, value, column));
                let values: Vec<Value> = values.collect::<Result<_, _>>()?;
                Ok(if values.is_empty() {
                    Made::Nothing
                } else {
                    Made::Filled(Value::Array(values))
                })
            }
            Self::Texts(column) => texts(column, scope, new),
            Self::Message(fields) => {
                let made = fields
                    .iter()
                    .map(|(name, node)| Ok((name.clone(), node.make(scope, new)?)));
                let made: Vec<_> = made.collect::<Result<_, Wrong>>()?;
                Ok(together(
                    made,
                    fields.iter().all(|(_, node)| node.is_constant()),
                ))
            }
            Self::Map(entries) => {
                let mut made = Vec::new();
                for (key, node) in entries {
                    let below = node.make(scope, new)?;
                    if !matches!(below, Made::Nothing) {
                        made.push((key.fill_all(scope, "a language")?, below));
                    }
                }
                Ok(together(
                    made,
                    entries.iter().all(|(_, node)| node.is_constant()),
                ))
            }
            Self::List(elements) => {
                let (mut values, mut filled) = (Vec::new(), false);
                for element in elements {
                    let made = element.make(scope, new)?;
                    filled |= made.iter().any(|made| matches!(made, Made::Filled(_)));
                    values.extend(made.into_iter().filter_map(Made::value));
                }
                Ok(match (values.is_empty(), filled) {
                    (true, _) => Made::Nothing,
                    (false, true) => Made::Filled(Value::Array(values)),
                    (false, false) => Made::Constant(Value::Array(values)),
                })
            }
        }
    }

    /// Whether nothing in it is of the row.
    fn is_constant(&self) -> bool {
        match self {
            Self::Literal(_) => true,
            Self::Message(fields) => fields.iter().all(|(_, node)| node.is_constant()),
            Self::Map(entries) => entries.iter().all(|(_, node)| node.is_constant()),
            Self::List(elements) => elements
                .iter()
                .all(|e| e.each.is_none() && e.node.is_constant()),
            Self::Text(..) | Self::One(..) | Self::Many(..) | Self::Texts(_) => false,
        }
    }
}

/// A message: its constants alone say nothing of the row, and are left out then.
fn together(made: Vec<(String, Made)>, constant: bool) -> Made {
    let filled = made.iter().any(|(_, made)| matches!(made, Made::Filled(_)));
    let fields: Map<String, Value> = made
        .into_iter()
        .filter_map(|(name, made)| Some((name, made.value()?)))
        .collect();
    match (filled, constant) {
        (true, _) => Made::Filled(Value::Object(fields)),
        (false, true) => Made::Constant(Value::Object(fields)),
        (false, false) => Made::Nothing,
    }
}

impl Made {
    fn value(self) -> Option<Value> {
        match self {
            Self::Nothing => None,
            Self::Constant(value) | Self::Filled(value) => Some(value),
        }
    }
}

impl Element {
    fn make(&self, scope: &Scope<'_>, new: &mut Organisations) -> Result<Vec<Made>, Wrong> {
        let Some(each) = &self.each else {
            return Ok(vec![self.node.make(scope, new)?]);
        };
        let values = each.values(scope, new)?;
        let made = values
            .iter()
            .map(|value| self.node.make(&scope.within(value), new));
        made.collect()
    }
}

fn value_of(kind: &Kind, value: Value, column: &Column) -> Result<Value, Wrong> {
    match value {
        Value::String(text) => scalar(kind, &text, column.name()),
        object @ Value::Object(_) if matches!(kind, Kind::Message(_)) => Ok(object),
        _ => Err(Wrong::new(
            column.name(),
            "holds a list or an object where a text is wanted",
        )),
    }
}

fn texts(column: &Column, scope: &Scope<'_>, new: &mut Organisations) -> Result<Made, Wrong> {
    let mut fields = Map::new();
    for value in column.values(scope, new)? {
        let Value::Object(texts) = value else {
            return Err(Wrong::new(
                column.name(),
                "is no object of language and text",
            ));
        };
        for (language, text) in texts {
            let text = text_of(&text).unwrap_or_default();
            if !text.is_empty() {
                fields.insert(language, Value::String(text));
            }
        }
    }
    Ok(if fields.is_empty() {
        Made::Nothing
    } else {
        Made::Filled(Value::Object(fields))
    })
}
