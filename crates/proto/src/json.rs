//! Proto JSON, by reflection over the descriptor set.

use std::sync::LazyLock;

use prost::{Message, Name};
use prost_reflect::{DescriptorPool, DeserializeOptions, DynamicMessage, SerializeOptions};

/// All messages and services of the house.
pub fn descriptor_pool() -> &'static DescriptorPool {
    // The bytes were written by the build of this very crate, so they cannot fail to decode.
    #[allow(clippy::expect_used)]
    static POOL: LazyLock<DescriptorPool> =
        LazyLock::new(|| DescriptorPool::decode(crate::DESCRIPTORS).expect("own descriptor set"));
    &POOL
}

/// The message as a proto3 JSON value (lowerCamelCase names, default values left out).
pub fn to_json<M: Message + Name>(message: &M) -> Result<serde_json::Value, String> {
    let descriptor = descriptor_pool()
        .get_message_by_name(&M::full_name())
        .ok_or_else(|| format!("{} is not a message of this program", M::full_name()))?;
    let dynamic = DynamicMessage::decode(descriptor, message.encode_to_vec().as_slice())
        .map_err(|e| e.to_string())?;
    dynamic
        .serialize_with_options(serde_json::value::Serializer, &SerializeOptions::new())
        .map_err(|e| e.to_string())
}

/// The message of a proto3 JSON value. Unknown fields are errors that name the field.
pub fn from_json<M: Message + Name + Default>(value: serde_json::Value) -> Result<M, String> {
    let descriptor = descriptor_pool()
        .get_message_by_name(&M::full_name())
        .ok_or_else(|| format!("{} is not a message of this program", M::full_name()))?;
    let dynamic =
        DynamicMessage::deserialize_with_options(descriptor, value, &DeserializeOptions::new())
            .map_err(|e| e.to_string())?;
    M::decode(dynamic.encode_to_vec().as_slice()).map_err(|e| e.to_string())
}
