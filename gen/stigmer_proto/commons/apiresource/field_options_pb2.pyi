from google.protobuf import descriptor_pb2 as _descriptor_pb2
from google.protobuf import descriptor as _descriptor
from typing import ClassVar as _ClassVar

DESCRIPTOR: _descriptor.FileDescriptor
COMPUTED_FIELD_NUMBER: _ClassVar[int]
computed: _descriptor.FieldDescriptor
IMMUTABLE_FIELD_NUMBER: _ClassVar[int]
immutable: _descriptor.FieldDescriptor
IS_EXPRESSION_FIELD_NUMBER: _ClassVar[int]
is_expression: _descriptor.FieldDescriptor
