//! Which call a method and a path of HTTP mean: one table, made from the annotations of the protos.

use http::Method;
use prost_reflect::{DescriptorPool, FieldDescriptor, MethodDescriptor};
use rapporteur_proto::google::api::HttpRule;
use rapporteur_proto::google::api::http_rule::Pattern;
use rapporteur_proto::http_rules;

use super::template::{Path, Template};
use crate::routes;

/// One way to make a call over HTTP.
#[derive(Clone, Debug)]
pub struct Binding {
    /// The call.
    pub call: MethodDescriptor,
    /// Method of HTTP.
    pub method: Method,
    /// Path of HTTP.
    pub template: Template,
    /// What the body of the request is.
    pub body: BodyOf,
    /// The field of the answer that is the body of the response; all of it when absent.
    pub answer: Option<FieldDescriptor>,
}

/// What the body of a request is.
#[derive(Clone, Debug, PartialEq)]
pub enum BodyOf {
    /// There is none; what the path does not say stands in the query.
    Nothing,
    /// The whole request, but for what the path says.
    Request,
    /// One field of the request; the others stand in the query.
    Field(FieldDescriptor),
}

/// All ways to make calls over HTTP.
#[derive(Clone, Debug)]
pub struct Bindings(Vec<Binding>);

/// What a method and a path of HTTP mean.
#[derive(Clone, Debug)]
pub enum Found<'b> {
    /// This call.
    Call(&'b Binding),
    /// No call by this method, but calls by these.
    OtherMethods(Vec<Method>),
    /// Nothing.
    Nothing,
}

impl Bindings {
    /// The bindings of every public call. The error names the annotation that cannot be read.
    pub fn of(pool: &DescriptorPool) -> Result<Self, String> {
        let services = pool
            .services()
            .filter(|service| routes::is_public(service.full_name()));
        let calls = services.flat_map(|service| service.methods().collect::<Vec<_>>());
        let mut all = Vec::new();
        for call in calls {
            for rule in http_rules(&call) {
                let binding = Binding::read(&call, &rule)
                    .map_err(|why| format!("{}: {why}", call.full_name()))?;
                all.push(binding);
            }
        }
        Ok(Self(all))
    }

    /// All of them, in the order of the protos.
    pub fn all(&self) -> &[Binding] {
        &self.0
    }

    /// What is called by a method at a path.
    pub fn find(&self, method: &Method, path: &Path<'_>) -> Found<'_> {
        let mut others = Vec::new();
        for binding in self.0.iter().filter(|b| b.template.matches(path)) {
            if binding.method == *method {
                return Found::Call(binding);
            }
            others.push(binding.method.clone());
        }
        if others.is_empty() {
            Found::Nothing
        } else {
            Found::OtherMethods(others)
        }
    }
}

impl Binding {
    fn read(call: &MethodDescriptor, rule: &HttpRule) -> Result<Self, String> {
        let pattern = rule.pattern.as_ref().ok_or("the rule has no path")?;
        let (method, path) = match pattern {
            Pattern::Get(path) => (Method::GET, path),
            Pattern::Put(path) => (Method::PUT, path),
            Pattern::Post(path) => (Method::POST, path),
            Pattern::Delete(path) => (Method::DELETE, path),
            Pattern::Patch(path) => (Method::PATCH, path),
            Pattern::Custom(custom) => {
                let method = custom.kind.parse().map_err(|_| "odd method")?;
                (method, &custom.path)
            }
        };
        let field = |of: &prost_reflect::MessageDescriptor, name: &str| {
            of.get_field_by_name(name)
                .ok_or_else(|| format!("{} has no field {name}", of.full_name()))
        };
        let template = Template::parse(path)?;
        for path in template.fields() {
            let mut of = call.input();
            for part in path.split('.') {
                let part = field(&of, part)?;
                if let Some(message) = part.kind().as_message() {
                    of = message.clone();
                }
            }
        }
        let body = match rule.body.as_str() {
            "" => BodyOf::Nothing,
            "*" => BodyOf::Request,
            name => BodyOf::Field(field(&call.input(), name)?),
        };
        let answer = match rule.response_body.as_str() {
            "" => None,
            name => Some(field(&call.output(), name)?),
        };
        Ok(Self {
            call: call.clone(),
            method,
            template,
            body,
            answer,
        })
    }

    /// The path of the call in gRPC.
    pub fn path(&self) -> String {
        let service = self.call.parent_service();
        format!("/{}/{}", service.full_name(), self.call.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bindings() -> Bindings {
        Bindings::of(rapporteur_proto::descriptor_pool()).unwrap()
    }

    #[test]
    fn every_public_call_has_a_binding_and_what_writes_is_no_get() {
        let bindings = bindings();
        let services = rapporteur_proto::descriptor_pool().services();
        for service in services.filter(|service| routes::is_public(service.full_name())) {
            for call in service.methods() {
                let own = bindings.all().iter().filter(|b| b.call == call);
                let own: Vec<_> = own.collect();
                assert!(!own.is_empty(), "{}: annotate it", call.full_name());
                for binding in own {
                    // What takes a request id changes something.
                    let reads = call.input().get_field_by_name("request_id").is_none();
                    let gets = binding.method == Method::GET;
                    assert!(reads || !gets, "{} by GET", call.full_name());
                    assert!(binding.body == BodyOf::Nothing || !gets);
                }
            }
        }
    }

    #[test]
    fn no_two_bindings_clash() {
        let bindings = bindings();
        for (place, one) in bindings.all().iter().enumerate() {
            for other in &bindings.all()[place + 1..] {
                assert!(
                    one.method != other.method || !one.template.clashes(&other.template),
                    "{} and {}",
                    one.call.full_name(),
                    other.call.full_name()
                );
            }
        }
    }

    #[test]
    fn a_call_is_found_by_method_and_path() {
        let bindings = bindings();
        let path = "/v1/dialogues/rabat/events/e";
        let Found::Call(get) = bindings.find(&Method::GET, &Path::split(path)) else {
            panic!("nothing");
        };
        assert_eq!(get.path(), "/rapporteur.events.v1.EventService/GetEvent");
        let Found::OtherMethods(methods) = bindings.find(&Method::DELETE, &Path::split(path))
        else {
            panic!("found");
        };
        assert_eq!(methods, [Method::GET, Method::PATCH]);
        let nowhere = Path::split("/v1/nowhere");
        assert!(matches!(
            bindings.find(&Method::GET, &nowhere),
            Found::Nothing
        ));
    }
}
