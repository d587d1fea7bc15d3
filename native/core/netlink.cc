#include "netlink.h"

#include <arpa/inet.h>
#include <linux/if_link.h>
#include <linux/net_namespace.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <cstring>

namespace weft {
namespace {

constexpr size_t kMessageMax = 512;
constexpr size_t kReceiveMax = 32768;
constexpr int kWatchBuffer = 4 << 20;
// IN6_ADDR_GEN_MODE_NONE of linux/if_link.h, whose other names clash with net/if.h on some systems.
constexpr uint8_t kAddressGenerationNone = 1;

/** Parses the attributes in [at, end); calls `onAttribute(type, data, length)`. */
template <typename F>
void forEachAttribute(const char* at, const char* end, F onAttribute) {
  while (end - at >= static_cast<ptrdiff_t>(sizeof(rtattr))) {
    rtattr attribute;
    std::memcpy(&attribute, at, sizeof attribute);
    if (attribute.rta_len < sizeof attribute || attribute.rta_len > end - at) return;
    onAttribute(attribute.rta_type & NLA_TYPE_MASK, at + sizeof attribute, attribute.rta_len - sizeof attribute);
    const ptrdiff_t step = RTA_ALIGN(attribute.rta_len);
    if (step > end - at) return;
    at += step;
  }
}

}  // namespace

/** One request being built, then sent and answered. All are small: running over is a fault of ours. */
class NetlinkRequest {
 public:
  template <typename Body>
  NetlinkRequest(uint16_t type, uint16_t flags, const Body& body) {
    header()->nlmsg_type = type;
    header()->nlmsg_flags = static_cast<uint16_t>(NLM_F_REQUEST | NLM_F_ACK | flags);
    append(&body, sizeof body);
  }

  NetlinkRequest& attribute(uint16_t type, const void* data, size_t length) {
    const rtattr attribute{static_cast<uint16_t>(sizeof(rtattr) + length), type};
    append(&attribute, sizeof attribute);
    return append(data, length);
  }
  NetlinkRequest& attribute(uint16_t type, uint32_t value) { return attribute(type, &value, sizeof value); }
  NetlinkRequest& attribute(uint16_t type, const std::string& text) {
    return attribute(type, text.c_str(), text.size() + 1);
  }
  template <typename F>
  NetlinkRequest& nested(uint16_t type, F fill) {
    const size_t start = size_;
    attribute(static_cast<uint16_t>(type | NLA_F_NESTED), nullptr, 0);
    fill(*this);
    const auto length = static_cast<uint16_t>(size_ - start);
    std::memcpy(buffer_.data() + start, &length, sizeof length);
    return *this;
  }

  /** Sends it and waits for the acknowledgement. `onAnswer(type, body, length)` gets a message that answers it. */
  int perform(Netlink& netlink, const std::function<void(uint16_t, const char*, size_t)>& onAnswer = {}) {
    if (overflow_) return EMSGSIZE;
    const uint32_t sequence = ++netlink.sequence_;
    header()->nlmsg_seq = sequence;
    header()->nlmsg_len = static_cast<uint32_t>(size_);
    const int fd = netlink.socket_.get();
    if (send(fd, buffer_.data(), size_, 0) < 0) return errno;
    for (;;) {
      alignas(nlmsghdr) char answer[kReceiveMax];
      const ssize_t length = recv(fd, answer, sizeof answer, 0);
      if (length < 0 && errno == EINTR) continue;
      if (length < 0) return errno;
      int error = 0;
      if (isAcknowledged(answer, static_cast<size_t>(length), sequence, onAnswer, error)) return error;
    }
  }

 private:
  nlmsghdr* header() { return reinterpret_cast<nlmsghdr*>(buffer_.data()); }

  NetlinkRequest& append(const void* data, size_t length) {
    const size_t padded = NLMSG_ALIGN(length);
    if (size_ + padded > buffer_.size()) {
      overflow_ = true;
      return *this;
    }
    if (length > 0) std::memcpy(buffer_.data() + size_, data, length);
    size_ += padded;
    return *this;
  }

  static bool isAcknowledged(const char* answer, size_t length, uint32_t sequence,
                             const std::function<void(uint16_t, const char*, size_t)>& onAnswer, int& error) {
    auto left = static_cast<unsigned>(length);
    for (auto* message = reinterpret_cast<const nlmsghdr*>(answer); NLMSG_OK(message, left);
         message = NLMSG_NEXT(message, left)) {
      if (message->nlmsg_seq != sequence) continue;
      const char* body = static_cast<const char*>(NLMSG_DATA(message));
      if (message->nlmsg_type == NLMSG_ERROR) {
        nlmsgerr result{};
        if (message->nlmsg_len < NLMSG_LENGTH(sizeof result.error)) return error = EBADMSG, true;
        std::memcpy(&result.error, body, sizeof result.error);
        error = -result.error;
        return true;
      }
      if (onAnswer) onAnswer(message->nlmsg_type, body, message->nlmsg_len - NLMSG_HDRLEN);
    }
    return false;
  }

  alignas(nlmsghdr) std::array<char, kMessageMax> buffer_{};
  size_t size_ = NLMSG_HDRLEN;
  bool overflow_ = false;
};

namespace {

NetlinkRequest linkRequest(int index, unsigned flags = 0, unsigned change = 0) {
  ifinfomsg body{};
  body.ifi_index = index;
  body.ifi_flags = flags;
  body.ifi_change = change;
  return {RTM_NEWLINK, 0, body};
}

NetlinkRequest namespaceRequest(uint16_t type, int namespaceFd) {
  NetlinkRequest request(type, 0, rtgenmsg{});
  request.attribute(NETNSA_FD, static_cast<uint32_t>(namespaceFd));
  return request;
}

}  // namespace

Failure Netlink::open() {
  socket_ = Fd(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
  return socket_.isOpen() ? Failure{} : failed(Step::netlink);
}

int Netlink::moveLink(int index, int namespaceFd, const std::string& name) {
  return linkRequest(index)
      .attribute(IFLA_NET_NS_FD, static_cast<uint32_t>(namespaceFd))
      .attribute(IFLA_IFNAME, name)
      .perform(*this);
}

int Netlink::configureLink(int index, uint32_t mtu, uint32_t queueLength) {
  return linkRequest(index).attribute(IFLA_MTU, mtu).attribute(IFLA_TXQLEN, queueLength).perform(*this);
}

int Netlink::disableAddressGeneration(int index) {
  return linkRequest(index)
      .nested(IFLA_AF_SPEC,
              [](NetlinkRequest& families) {
                families.nested(AF_INET6, [](NetlinkRequest& settings) {
                  settings.attribute(IFLA_INET6_ADDR_GEN_MODE, &kAddressGenerationNone, sizeof kAddressGenerationNone);
                });
              })
      .perform(*this);
}

int Netlink::setUp(int index) { return linkRequest(index, IFF_UP, IFF_UP).perform(*this); }

int Netlink::addAddress(int index, uint32_t address, uint8_t length) {
  ifaddrmsg body{};
  body.ifa_family = AF_INET;
  body.ifa_prefixlen = length;
  body.ifa_index = static_cast<uint32_t>(index);
  return NetlinkRequest(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, body)
      .attribute(IFA_LOCAL, htonl(address))
      .attribute(IFA_ADDRESS, htonl(address))
      .perform(*this);
}

int Netlink::addRoute(int index, uint32_t address, uint8_t length) {
  rtmsg body{};
  body.rtm_family = AF_INET;
  body.rtm_dst_len = length;
  body.rtm_table = RT_TABLE_MAIN;
  body.rtm_protocol = RTPROT_STATIC;
  body.rtm_scope = RT_SCOPE_LINK;
  body.rtm_type = RTN_UNICAST;
  return NetlinkRequest(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, body)
      .attribute(RTA_DST, htonl(address))
      .attribute(RTA_OIF, static_cast<uint32_t>(index))
      .perform(*this);
}

int Netlink::namespaceId(int namespaceFd, int& id) {
  const int error = queryNamespaceId(namespaceFd, id);
  if (error != 0 || id >= 0) return error;
  const int assigned = namespaceRequest(RTM_NEWNSID, namespaceFd).attribute(NETNSA_NSID, ~0u).perform(*this);
  // Someone else may have assigned one in between.
  if (assigned != 0 && assigned != EEXIST) return assigned;
  const int again = queryNamespaceId(namespaceFd, id);
  return again == 0 && id < 0 ? ENOENT : again;
}

int Netlink::queryNamespaceId(int namespaceFd, int& id) {
  id = -1;
  return namespaceRequest(RTM_GETNSID, namespaceFd).perform(*this, [&](uint16_t type, const char* body, size_t length) {
    if (type != RTM_NEWNSID || length < NLMSG_ALIGN(sizeof(rtgenmsg))) return;
    forEachAttribute(body + NLMSG_ALIGN(sizeof(rtgenmsg)), body + length, [&](int kind, const char* data, size_t size) {
      if (kind == NETNSA_NSID && size == sizeof id) std::memcpy(&id, data, sizeof id);
    });
  });
}

Failure LinkWatch::open() {
  socket_ = Fd(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE));
  if (!socket_.isOpen()) return failed(Step::netlink);
  const int one = 1;
  sockaddr_nl name{};
  name.nl_family = AF_NETLINK;
  name.nl_groups = RTMGRP_LINK;
  if (setsockopt(fd(), SOL_NETLINK, NETLINK_LISTEN_ALL_NSID, &one, sizeof one) != 0) return failed(Step::netlink);
  // A socket that only joined the group, without bind, would get nothing.
  if (bind(fd(), reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0) return failed(Step::netlink);
  // Without the right to exceed the limit the kernel's default has to do; a lost message is noticed.
  setsockopt(fd(), SOL_SOCKET, SO_RCVBUFFORCE, &kWatchBuffer, sizeof kWatchBuffer);
  return {};
}

namespace {

int senderNamespace(msghdr& message) {
  for (cmsghdr* control = CMSG_FIRSTHDR(&message); control != nullptr; control = CMSG_NXTHDR(&message, control)) {
    if (control->cmsg_level != SOL_NETLINK || control->cmsg_type != NETLINK_LISTEN_ALL_NSID) continue;
    int id;
    std::memcpy(&id, CMSG_DATA(control), sizeof id);
    return id;
  }
  return kOwnNamespace;
}

void reportLinks(const char* buffer, size_t length, int namespaceId,
                 const std::function<void(const LinkChange&)>& onChange) {
  auto left = static_cast<unsigned>(length);
  for (auto* message = reinterpret_cast<const nlmsghdr*>(buffer); NLMSG_OK(message, left);
       message = NLMSG_NEXT(message, left)) {
    const bool isLink = message->nlmsg_type == RTM_NEWLINK || message->nlmsg_type == RTM_DELLINK;
    if (!isLink || message->nlmsg_len < NLMSG_LENGTH(sizeof(ifinfomsg))) continue;
    const char* body = static_cast<const char*>(NLMSG_DATA(message));
    ifinfomsg link;
    std::memcpy(&link, body, sizeof link);
    // A bridge reports its ports, in its own family, as deleted when they leave it.
    if (link.ifi_family != AF_UNSPEC) continue;
    LinkChange change{namespaceId, link.ifi_index, message->nlmsg_type == RTM_DELLINK, (link.ifi_flags & IFF_UP) != 0,
                      nullptr};
    const char* end = reinterpret_cast<const char*>(message) + message->nlmsg_len;
    forEachAttribute(body + NLMSG_ALIGN(sizeof link), end, [&](int kind, const char* data, size_t size) {
      if (kind == IFLA_IFNAME && size > 0 && data[size - 1] == '\0') change.name = data;
    });
    onChange(change);
  }
}

}  // namespace

bool LinkWatch::read(const std::function<void(const LinkChange&)>& onChange) {
  for (int count = 0; count < kMessagesPerRead; ++count) {
    alignas(nlmsghdr) char buffer[kReceiveMax];
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int)) * 2];
    iovec part{buffer, sizeof buffer};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    const ssize_t length = recvmsg(fd(), &message, 0);
    if (length < 0 && errno == EINTR) continue;
    if (length < 0) return errno != ENOBUFS;
    reportLinks(buffer, static_cast<size_t>(length), senderNamespace(message), onChange);
  }
  return true;
}

}  // namespace weft
