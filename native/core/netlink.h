#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "failure.h"
#include "fd.h"

/** The few rtnetlink requests that a device needs, and the watch over links. */
namespace weft {

/** A netlink socket for requests; it acts on the namespace of the thread that opened it. */
class Netlink {
 public:
  Failure open();

  /** Moves a link into the namespace of `namespaceFd` and names it `name` there. Returns 0 or an errno, as do all below. */
  int moveLink(int index, int namespaceFd, const std::string& name);
  /** Sets MTU and queue length. */
  int configureLink(int index, uint32_t mtu, uint32_t queueLength);
  /** Keeps the kernel from giving the link IPv6 addresses, and so from soliciting routers on it. */
  int disableAddressGeneration(int index);
  int setUp(int index);
  int addAddress(int index, uint32_t address, uint8_t length);
  int addRoute(int index, uint32_t address, uint8_t length);
  /** The id that this namespace knows the one of `namespaceFd` by; one is assigned if there is none. */
  int namespaceId(int namespaceFd, int& id);

 private:
  friend class NetlinkRequest;
  int queryNamespaceId(int namespaceFd, int& id);

  Fd socket_;
  uint32_t sequence_ = 0;
};

/** The namespace id of links in the namespace of the watching socket itself. */
inline constexpr int kOwnNamespace = -1;

struct LinkChange {
  int namespaceId = kOwnNamespace;
  int index = 0;
  bool isDeleted = false;
  bool isUp = false;
  /** Borrowed for the call; null where the message had none. */
  const char* name = nullptr;
};

/**
 * Hears of link changes in this namespace and in all that have an id here. One socket in the
 * agent's own namespace, because a socket in a guest's would keep that namespace alive for ever.
 */
class LinkWatch {
 public:
  Failure open();
  int fd() const { return socket_.get(); }

  /**
   * Reads what has arrived, at most `kMessagesPerRead` messages. False if messages were lost: then
   * every link must be looked at.
   */
  bool read(const std::function<void(const LinkChange&)>& onChange);

  static constexpr int kMessagesPerRead = 1024;

 private:
  Fd socket_;
};

}  // namespace weft
