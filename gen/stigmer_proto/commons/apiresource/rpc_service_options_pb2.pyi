from stigmer_proto.commons.apiresource.apiresourcekind import api_resource_kind_pb2 as _api_resource_kind_pb2
from google.protobuf import descriptor_pb2 as _descriptor_pb2
from google.protobuf import descriptor as _descriptor
from typing import ClassVar as _ClassVar

DESCRIPTOR: _descriptor.FileDescriptor
API_RESOURCE_KIND_FIELD_NUMBER: _ClassVar[int]
api_resource_kind: _descriptor.FieldDescriptor
