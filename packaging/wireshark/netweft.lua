-- A dissector of Netweft's datagrams for Wireshark and tshark, 4.0 and later (docs/wireshark.md): frames of tenants
-- between hosts, as docs/wire-format.md has them, and control messages between agents and the mapping daemon.
--
-- It accepts exactly what a host accepts, and says of anything else which rule it breaks, in the words of
-- `weft decode`. It may be given any bytes: every read is checked against what was captured.
--
-- In one file, because Wireshark runs each file of a plugin folder by itself.
-- Runs on Lua 5.2 (Wireshark 4.0 and 4.2) and 5.4 (4.4 and later), so it uses the operators and libraries of both.

-- Loaded from two folders, or from one and by -X lua_script: the first one stays.
local is_known, known = pcall(Dissector.get, "netweft")
if is_known and known then return end

local netweft = Proto("netweft", "Netweft")
local control = Proto("netweft.control", "Netweft control")

set_plugin_info({
  version = "1",
  description = "Netweft frames and control messages",
})

local ENVELOPE_BYTES = 4
local MAX_HEADER_BYTES = 64
local MAX_AGREEMENT = 16777215
local MAX_LABEL = 1048575
local MAX_LABELS = 8
local LABEL_BYTES = 3
local UDP_1_0_BYTES = 12
local UDP_PB_1_0_MAX_BYTES = 43
local MAX_VARINT_BYTES = 10
local TWO_TO_32 = 4294967296
local LAYER_BYTES = 2
local MAX_COUNTER = 9007199254740992
local LAYER_MAGIC = 0x57

local FRAMEWORK_NAMES = { [1] = "udp/1.0", [2] = "udp/2.0", [3] = "udp-pb/1.0" }

-- The numbers of `Message.body` in proto/control.proto.
local MESSAGE_KINDS = {
  [10] = "register", [11] = "heartbeat", [12] = "sync", [13] = "lookup", [14] = "report", [15] = "trace-report", [16] = "trace-state",
  [30] = "registered", [31] = "heartbeat-ack", [32] = "sync-page", [33] = "lookup-answer", [34] = "report-ack",
  [35] = "trace-report-ack", [36] = "trace-state-ack",
  [49] = "refused",
  [50] = "push", [51] = "push-ack",
}

local is_set = { "set", "not set" }
local fields = {
  envelope = ProtoField.none("netweft.envelope", "Envelope"),
  framework = ProtoField.uint8("netweft.framework", "Framework", base.DEC, FRAMEWORK_NAMES),
  framework_name = ProtoField.string("netweft.framework.name", "Framework name"),
  flags = ProtoField.uint8("netweft.flags", "Flags", base.HEX),
  unassigned = ProtoField.uint8("netweft.flags.unassigned", "Unassigned", base.HEX, nil, 0xf0),
  partial = ProtoField.bool("netweft.flags.partial_checksum", "Partial checksum (reserved)", 8, is_set, 0x08),
  word = ProtoField.bool("netweft.flags.word", "Word (reserved)", 8, is_set, 0x04),
  probe = ProtoField.bool("netweft.flags.probe", "Probe (reserved)", 8, is_set, 0x02),
  sealed = ProtoField.bool("netweft.flags.sealed", "Sealed (reserved)", 8, is_set, 0x01),
  header_length = ProtoField.uint16("netweft.header_length", "Header length", base.DEC),
  body = ProtoField.none("netweft.body", "Header body"),
  source = ProtoField.uint32("netweft.gni.source", "Source GNI", base.DEC),
  destination = ProtoField.uint32("netweft.gni.destination", "Destination GNI", base.DEC),
  gni = ProtoField.uint32("netweft.gni", "Source or destination GNI", base.DEC),
  agreement = ProtoField.uint32("netweft.agreement", "Agreement", base.DEC),
  label_count = ProtoField.uint8("netweft.label.count", "Label count", base.DEC),
  labels = ProtoField.none("netweft.labels", "Label stack"),
  label = ProtoField.uint32("netweft.label", "Label", base.DEC),
  inner_length = ProtoField.uint32("netweft.inner.length", "Length of the guest packet", base.DEC),
  inner_fault = ProtoField.string("netweft.inner.fault", "Fault of the guest packet"),
  fault = ProtoField.string("netweft.fault", "Fault"),
}
netweft.fields = fields

local control_fields = {
  layer = ProtoField.uint8("netweft.control.layer", "Session layer version", base.DEC),
  id = ProtoField.uint64("netweft.control.id", "Id", base.DEC),
  session = ProtoField.uint32("netweft.control.session", "Session", base.DEC),
  kind = ProtoField.uint32("netweft.control.kind", "Kind", base.DEC, MESSAGE_KINDS),
  kind_name = ProtoField.string("netweft.control.kind.name", "Kind name"),
  body = ProtoField.bytes("netweft.control.body", "Body"),
  fault = ProtoField.string("netweft.control.fault", "Fault"),
}
control.fields = control_fields

local MALFORMED, PROTOCOL, NOTE = expert.group.MALFORMED, expert.group.PROTOCOL, expert.severity.NOTE
local ERROR, WARN = expert.severity.ERROR, expert.severity.WARN
local experts = {
  envelope = ProtoExpert.new("netweft.envelope.malformed", "The envelope is malformed", MALFORMED, ERROR),
  framework = ProtoExpert.new("netweft.framework.unknown", "The framework is unknown", MALFORMED, ERROR),
  flags = ProtoExpert.new("netweft.flags.reserved", "A flag is set that is not in use", MALFORMED, ERROR),
  body = ProtoExpert.new("netweft.body.malformed", "The header body is malformed", MALFORMED, ERROR),
  canonical = ProtoExpert.new("netweft.body.noncanonical", "The encoding is not canonical", MALFORMED, ERROR),
  inner = ProtoExpert.new("netweft.inner.malformed", "No IPv4 packet that hosts forward", MALFORMED, WARN),
  cut = ProtoExpert.new("netweft.cut_short", "The capture holds only a part", PROTOCOL, NOTE),
  gni = ProtoExpert.new("netweft.gni.differ", "The GNIs differ: between tenants", PROTOCOL, NOTE),
}
netweft.experts = experts

local control_experts = {
  message = ProtoExpert.new("netweft.control.malformed", "No control message", MALFORMED, ERROR),
}
control.experts = control_experts

netweft.prefs.ports = Pref.range("UDP ports of hosts", "7790", "Datagrams to or from these ports carry frames", 65535)
netweft.prefs.control_ports =
  Pref.range("UDP ports of mapping daemons", "7791", "Datagrams to or from these ports are control messages", 65535)

local ip_dissector = Dissector.get("ip")
local data_dissector = Dissector.get("data")
local protobuf_dissector = Dissector.get("protobuf")

-- What a dissector of Wireshark shows. It marks by itself what is malformed, and raises an error after that.
local function call_dissector(dissector, tvb, pinfo, root)
  pcall(dissector.call, dissector, tvb, pinfo, root)
end

local function show_generated(tree, field, value)
  tree:add(field, value):set_generated()
end

local function show_fault(tree, field, expert_info, text)
  show_generated(tree, field, text)
  tree:add_proto_expert_info(expert_info, text)
end

local function is_within(value, low, high)
  return value >= low and value <= high
end

-- A protobuf varint that ends before `stop`: its lowest 56 bits and the offset after it; nil where there is none.
local function read_varint(tvb, at, stop)
  local value, factor = 0, 1
  for index = 0, MAX_VARINT_BYTES - 1 do
    if at + index >= stop then return nil end
    local byte = tvb(at + index, 1):uint()
    if index < 8 then
      value = value + byte % 128 * factor
      factor = factor * 128
    end
    if byte < 128 then return value, at + index + 1 end
  end
  return nil
end

local function append_varint(bytes, value)
  while value >= 128 do
    bytes[#bytes + 1] = 128 + value % 128
    value = math.floor(value / 128)
  end
  bytes[#bytes + 1] = value
end

-- Header bodies ------------------------------------------------------------------------------------------------------
--
-- A body is a table of `source`, `destination`, `agreement`, and `labels`, outermost first. Each reader shows the body
-- that stands between two offsets, as much as there is of it, and returns it; then the rule that it breaks and the
-- expert information of that.

local function empty_body()
  return { source = 0, destination = 0, agreement = 0, labels = {} }
end

local function show_number(tree, name, range, value)
  tree:add(fields[name], range, value)
  if name == "source" or name == "destination" then tree:add(fields.gni, range, value):set_hidden() end
end

local function show_label(stack, body, range, value)
  body.labels[#body.labels + 1] = value
  local item = stack:add(fields.label, range, value)
  if #body.labels == 1 then item:append_text(" (outermost)") end
end

-- Big-endian numbers, `layout` their names and bytes. Returns the offset after them; nil and the fault where the body
-- ends before.
local function read_numbers(tree, tvb, at, stop, body, layout)
  for _, entry in ipairs(layout) do
    local name, size = entry[1], entry[2]
    if stop - at < size then
      return nil, string.format("truncated: %d bytes wanted, %d left", size, stop - at)
    end
    body[name] = tvb(at, size):uint()
    show_number(tree, name, tvb(at, size), body[name])
    at = at + size
  end
  return at
end

local function read_udp_1_0(tree, tvb, at, stop)
  local body = empty_body()
  if stop - at ~= UDP_1_0_BYTES then
    return body, string.format("header body: %d bytes, not %d", stop - at, UDP_1_0_BYTES), experts.body
  end
  read_numbers(tree, tvb, at, stop, body, { { "source", 4 }, { "destination", 4 }, { "agreement", 4 } })
  return body
end

local function read_udp_2_0(tree, tvb, at, stop)
  local body = empty_body()
  local layout = { { "agreement", 3 }, { "label_count", 1 }, { "destination", 4 }, { "source", 4 } }
  local labels_at, fault = read_numbers(tree, tvb, at, stop, body, layout)
  if labels_at == nil then return body, fault, experts.body end
  local bytes, count = stop - labels_at, body.label_count
  if bytes ~= count * LABEL_BYTES then
    return body, string.format("header body: %d bytes for %d labels", bytes, count), experts.body
  end
  if count == 0 then return body end
  local stack = tree:add(fields.labels, tvb(labels_at, bytes))
  for label_at = labels_at, stop - 1, LABEL_BYTES do
    show_label(stack, body, tvb(label_at, LABEL_BYTES), tvb(label_at, LABEL_BYTES):uint())
  end
  return body
end

-- The keys of `HeaderBody` in proto/header.proto: number and wire type of a field.
local PB_NUMBERS = { [0x08] = "source", [0x10] = "destination", [0x18] = "agreement" }
local PB_PACKED_LABELS = 0x22
local PB_LABEL = 0x20
local PB_CUT = "a field runs past its end"

local function read_pb_labels(tree, tvb, at, stop, body)
  if at == stop then return at end
  local stack = tree:add(fields.labels, tvb(at, stop - at))
  while at < stop do
    local value, after = read_varint(tvb, at, stop)
    if value == nil then return nil, PB_CUT end
    show_label(stack, body, tvb(at, after - at), value % TWO_TO_32)
    at = after
  end
  return at
end

-- The offset after a field that the message does not have; nil and the fault where it has no end.
local function skip_pb_field(wire_type, tvb, at, stop)
  local after
  if wire_type == 0 then
    after = select(2, read_varint(tvb, at, stop))
  elseif wire_type == 1 then
    after = at + 8
  elseif wire_type == 2 then
    local length, start = read_varint(tvb, at, stop)
    after = length ~= nil and start + length
  elseif wire_type == 5 then
    after = at + 4
  else
    return nil, "a field with an impossible key or number"
  end
  if not after or after > stop then return nil, PB_CUT end
  return after
end

-- One field, as leniently as protobuf allows: in any order, repeated, in more bytes than needed. Returns the offset
-- after it; nil and the fault where there is none.
local function read_pb_field(tree, tvb, at, stop, body)
  local key, value_at = read_varint(tvb, at, stop)
  if key == nil then return nil, PB_CUT end
  local name = PB_NUMBERS[key]
  if name == nil and key ~= PB_LABEL and key ~= PB_PACKED_LABELS then
    return skip_pb_field(key % 8, tvb, value_at, stop)
  end
  local value, after = read_varint(tvb, value_at, stop)
  if value == nil then return nil, PB_CUT end
  if name ~= nil then
    body[name] = value % TWO_TO_32
    show_number(tree, name, tvb(value_at, after - value_at), body[name])
    return after
  end
  local labels_at, labels_end = after, after + value
  if key == PB_LABEL then labels_at, labels_end = value_at, after end
  if labels_end > stop then return nil, PB_CUT end
  return read_pb_labels(tree, tvb, labels_at, labels_end, body)
end

-- The bytes of a body in its one encoding, in which a number that is 0 is absent.
local function canonical_pb(body)
  local bytes, labels = {}, {}
  for _, key in ipairs({ 0x08, 0x10, 0x18 }) do
    local value = body[PB_NUMBERS[key]]
    if value > 0 then
      append_varint(bytes, key)
      append_varint(bytes, value)
    end
  end
  for _, label in ipairs(body.labels) do append_varint(labels, label) end
  if #labels == 0 then return bytes end
  append_varint(bytes, PB_PACKED_LABELS)
  append_varint(bytes, #labels)
  for _, byte in ipairs(labels) do bytes[#bytes + 1] = byte end
  return bytes
end

-- The first byte between two offsets that is not the canonical one, counted from 0; nil where none does.
local function first_difference(tvb, at, stop, canonical)
  for index = 0, math.max(stop - at, #canonical) - 1 do
    if at + index >= stop or tvb(at + index, 1):uint() ~= canonical[index + 1] then return index end
  end
  return nil
end

local function read_udp_pb_1_0(tree, tvb, at, stop)
  local body = empty_body()
  if stop - at > UDP_PB_1_0_MAX_BYTES then
    local text = "header body: %d bytes, at most %d are possible"
    return body, string.format(text, stop - at, UDP_PB_1_0_MAX_BYTES), experts.body
  end
  local field_at, fault = at, nil
  while field_at ~= nil and field_at < stop do
    field_at, fault = read_pb_field(tree, tvb, field_at, stop, body)
  end
  if fault ~= nil then return body, "header body: no protobuf message: " .. fault, experts.body end
  local difference = first_difference(tvb, at, stop, canonical_pb(body))
  if difference == nil then return body end
  local text = "header body: not the canonical encoding from byte %d on: "
    .. "known fields alone, in order, once each, shortest varints, labels packed"
  return body, string.format(text, difference), experts.canonical
end

local READERS = { [1] = read_udp_1_0, [2] = read_udp_2_0, [3] = read_udp_pb_1_0 }

-- The rules that are the same in every framework.
local function values_fault(body)
  if body.source < 1 then return "source GNI out of range" end
  if body.destination < 1 then return "destination GNI out of range" end
  if not is_within(body.agreement, 1, MAX_AGREEMENT) then return "agreement out of range" end
  if #body.labels > MAX_LABELS then return string.format("more than %d labels", MAX_LABELS) end
  for _, label in ipairs(body.labels) do
    if label > MAX_LABEL then return "label out of range" end
  end
  return nil
end

-- Frames -------------------------------------------------------------------------------------------------------------

local function show_flags(tree, range)
  local item = tree:add(fields.flags, range)
  for _, name in ipairs({ "unassigned", "partial", "word", "probe", "sealed" }) do item:add(fields[name], range) end
end

-- Framework number, header length; then the rule that the envelope breaks and the expert information of that.
local function read_envelope(tree, tvb, captured)
  if captured < ENVELOPE_BYTES then
    local text = string.format("envelope: %d bytes of %d", captured, ENVELOPE_BYTES)
    return nil, nil, text, experts.envelope
  end
  local envelope = tree:add(fields.envelope, tvb(0, ENVELOPE_BYTES))
  local number, flags, length = tvb(0, 1):uint(), tvb(1, 1):uint(), tvb(2, 2):uint()
  local name = FRAMEWORK_NAMES[number]
  envelope:add(fields.framework, tvb(0, 1))
  if name ~= nil then show_generated(envelope, fields.framework_name, name) end
  show_flags(envelope, tvb(1, 1))
  envelope:add(fields.header_length, tvb(2, 2))
  if name == nil then
    return nil, nil, string.format("envelope: unknown framework number %d", number), experts.framework
  end
  if flags ~= 0 then
    return nil, nil, string.format("envelope: flags 0x%02x are not in use", flags), experts.flags
  end
  if length <= ENVELOPE_BYTES or length > MAX_HEADER_BYTES or length > captured then
    return nil, nil, string.format("envelope: header length %d of %d bytes", length, captured), experts.envelope
  end
  return number, length
end

local function read_body(tree, tvb, framework, stop)
  local item = tree:add(fields.body, tvb(ENVELOPE_BYTES, stop - ENVELOPE_BYTES))
  local body, fault, expert_info = READERS[framework](item, tvb, ENVELOPE_BYTES, stop)
  if fault ~= nil then return body, fault, expert_info end
  fault = values_fault(body)
  return body, fault and "header body: " .. fault, experts.body
end

local function body_text(body)
  local gni = tostring(body.source)
  if body.destination ~= body.source then gni = gni .. " -> " .. tostring(body.destination) end
  local labels = #body.labels == 0 and "" or " labels " .. table.concat(body.labels, " ")
  return string.format("GNI %s%s agreement %d", gni, labels, body.agreement)
end

-- RFC 791: the ones' complement sum of a right header is all ones.
local function has_right_checksum(tvb, header_length)
  local sum = 0
  for at = 0, header_length - 2, 2 do sum = sum + tvb(at, 2):uint() end
  return sum % 65535 == 0
end

-- TCP, UDP, ICMP: what a packet that is no later fragment has at least.
local TRANSPORT_BYTES = { [6] = 20, [17] = 8, [1] = 8 }

-- Why the packet is none that a host forwards (src/packet/packet-view.ts).
local function inner_fault(tvb, length)
  if length < 20 then return "too-short" end
  if math.floor(tvb(0, 1):uint() / 16) ~= 4 then return "not-ipv4" end
  local header_length = tvb(0, 1):uint() % 16 * 4
  if not is_within(header_length, 20, length) then return "bad-header-length" end
  if tvb(2, 2):uint() ~= length then return "bad-total-length" end
  if not has_right_checksum(tvb, header_length) then return "bad-header-checksum" end
  local is_later_fragment = tvb(6, 2):uint() % 8192 ~= 0
  local transport_bytes = TRANSPORT_BYTES[tvb(9, 1):uint()]
  if is_later_fragment or transport_bytes == nil or length - header_length >= transport_bytes then return nil end
  return "truncated-transport"
end

local function show_inner_fault(tree, fault, captured, length, pinfo)
  local is_cut = fault == "cut-short"
  local text = string.format("no IPv4 packet, %d bytes: %s", length, fault)
  if is_cut then text = string.format("%d of %d bytes captured", captured, length) end
  show_generated(tree, fields.inner_fault, fault)
  tree:add_proto_expert_info(is_cut and experts.cut or experts.inner, text)
  pinfo.cols.info:set(text)
end

-- The guest packet; whether Wireshark showed it as one.
local function show_inner(tree, tvb, at, pinfo, root)
  local length, captured = tvb:reported_len() - at, tvb:captured_len() - at
  show_generated(tree, fields.inner_length, length)
  local inner = captured > 0 and tvb(at):tvb()
  local fault = "cut-short"
  if captured >= length then fault = inner_fault(inner, length) end
  if fault ~= nil then show_inner_fault(tree, fault, captured, length, pinfo) end
  if not inner then return false end
  local is_ip = math.floor(inner(0, 1):uint() / 16) == 4
  call_dissector(is_ip and ip_dissector or data_dissector, inner, pinfo, root)
  return is_ip
end

local function show_undecodable(tree, tvb, shown, fault, expert_info, pinfo, root)
  local captured, sent = tvb:captured_len(), tvb:reported_len()
  if captured < sent then fault = string.format("%s; %d of %d bytes were captured", fault, captured, sent) end
  show_fault(tree, fields.fault, expert_info, fault)
  if captured > shown then call_dissector(data_dissector, tvb(shown):tvb(), pinfo, root) end
  pinfo.cols.protocol:set("Netweft")
  pinfo.cols.info:set("not decodable: " .. fault)
end

local function dissect_frame(tvb, pinfo, root)
  local captured = tvb:captured_len()
  local tree = root:add(netweft, tvb(0, math.min(captured, ENVELOPE_BYTES)))
  local framework, stop, fault, expert_info = read_envelope(tree, tvb, captured)
  if framework == nil then
    show_undecodable(tree, tvb, math.min(captured, ENVELOPE_BYTES), fault, expert_info, pinfo, root)
    return
  end
  tree:set_len(stop)
  local body
  body, fault, expert_info = read_body(tree, tvb, framework, stop)
  if fault ~= nil then
    show_undecodable(tree, tvb, stop, fault, expert_info, pinfo, root)
    return
  end
  local text = FRAMEWORK_NAMES[framework] .. " " .. body_text(body)
  tree:append_text(", " .. text)
  if body.source ~= body.destination then tree:add_proto_expert_info(experts.gni) end
  pinfo.cols.protocol:set("Netweft")
  pinfo.cols.info:clear()
  if show_inner(tree, tvb, stop, pinfo, root) then
    pinfo.cols.protocol:prepend("Netweft <")
    pinfo.cols.protocol:append(">")
  end
  pinfo.cols.info:prepend(text .. " | ")
end

-- Control messages ---------------------------------------------------------------------------------------------------

-- One field of `Message`; nil and the fault where it is none.
local function read_message_field(tree, tvb, at, stop, message)
  local key, value_at = read_varint(tvb, at, stop)
  local value, after
  if key ~= nil then value, after = read_varint(tvb, value_at, stop) end
  if value == nil then return nil, "a field that runs past the end" end
  local range = tvb(value_at, after - value_at)
  if key == 0x08 and value < MAX_COUNTER then
    message.id = value
    tree:add(control_fields.id, range, UInt64(value % TWO_TO_32, math.floor(value / TWO_TO_32)))
    return after
  end
  if key == 0x10 and value < TWO_TO_32 then
    message.session = value
    tree:add(control_fields.session, range, value)
    return after
  end
  local kind = math.floor(key / 8)
  if key % 8 ~= 2 or MESSAGE_KINDS[kind] == nil then return nil, "a field that is not known" end
  if value > stop - after then return nil, "a field that runs past the end" end
  message.kind = MESSAGE_KINDS[kind]
  tree:add(control_fields.kind, tvb(at, value_at - at), kind)
  show_generated(tree, control_fields.kind_name, message.kind)
  if value > 0 then tree:add(control_fields.body, tvb(after, value)) end
  return after + value
end

-- What the message says about itself; then the rule that it breaks. What its body says, the receiver judges.
local function read_message(tree, tvb, stop)
  local message = { id = 0, session = 0 }
  local at, fault = LAYER_BYTES, nil
  while at ~= nil and at < stop do
    at, fault = read_message_field(tree, tvb, at, stop, message)
  end
  if fault == nil and message.kind == nil then fault = "a message without a body" end
  return message, fault
end

local function layer_fault(tree, tvb, captured)
  if captured < LAYER_BYTES then return "shorter than its session layer" end
  tree:add(control_fields.layer, tvb(1, 1))
  if tvb(0, 1):uint() ~= LAYER_MAGIC or tvb(1, 1):uint() ~= 0 then return "not of the plain session layer" end
  return nil
end

local function message_text(message)
  local text = message.kind
  if message.id > 0 then text = string.format("%s id %.0f", text, message.id) end
  if message.session > 0 then text = string.format("%s session %.0f", text, message.session) end
  return text
end

-- Names and values of every field, where Wireshark was told where proto/control.proto is (docs/wireshark.md).
local function show_protobuf(tvb, pinfo, root)
  if protobuf_dissector == nil then return end
  pinfo.private["pb_msg_type"] = "message,netweft.control.v1.Message"
  call_dissector(protobuf_dissector, tvb(LAYER_BYTES):tvb(), pinfo, root)
end

local function dissect_control(tvb, pinfo, root)
  local captured, sent = tvb:captured_len(), tvb:reported_len()
  local tree = root:add(control, tvb(0, captured))
  local message
  local fault = layer_fault(tree, tvb, captured)
  if fault == nil then message, fault = read_message(tree, tvb, captured) end
  if fault ~= nil then
    if captured < sent then fault = string.format("%s; %d of %d bytes were captured", fault, captured, sent) end
    show_fault(tree, control_fields.fault, control_experts.message, fault)
  else
    show_protobuf(tvb, pinfo, root)
    tree:append_text(", " .. message_text(message))
  end
  pinfo.cols.protocol:set("Netweft control")
  pinfo.cols.info:set(fault == nil and message_text(message) or "not decodable: " .. fault)
end

-- Ports --------------------------------------------------------------------------------------------------------------

-- The ranges of a preference such as "7790,8000-8009".
local function port_ranges(text)
  local ranges = {}
  for first, last in string.gmatch(text, "(%d+)%-?(%d*)") do
    ranges[#ranges + 1] = { tonumber(first), tonumber(last) or tonumber(first) }
  end
  return ranges
end

local function holds_port(ranges, port)
  for _, range in ipairs(ranges) do
    if is_within(port, range[1], range[2]) then return true end
  end
  return false
end

local control_ranges = {}

-- A datagram between a port of a host and one of a mapping daemon is a control message.
function netweft.dissector(tvb, pinfo, root)
  if holds_port(control_ranges, pinfo.src_port) or holds_port(control_ranges, pinfo.dst_port) then
    dissect_control(tvb, pinfo, root)
  else
    dissect_frame(tvb, pinfo, root)
  end
  return tvb:captured_len()
end

function control.dissector(tvb, pinfo, root)
  dissect_control(tvb, pinfo, root)
  return tvb:captured_len()
end

local udp_ports = DissectorTable.get("udp.port")
local registered = {}

local function register_ports(proto, ports)
  local before = registered[proto] or ""
  if before == ports then return end
  if before ~= "" then udp_ports:remove(before, proto) end
  if ports ~= "" then udp_ports:add(ports, proto) end
  registered[proto] = ports
end

local function apply_ports()
  register_ports(netweft, netweft.prefs.ports)
  register_ports(control, netweft.prefs.control_ports)
  control_ranges = port_ranges(netweft.prefs.control_ports)
end

netweft.prefs_changed = apply_ports
apply_ports()
