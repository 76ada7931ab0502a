// Command vcsim serves govmomi's vCenter simulator on loopback, so that tests can judge the client against a server that this project did
// not write. It prints one JSON line with its address and certificate once it serves, and ends when its standard input closes: a test that
// dies takes its simulator with it.
package main

import (
	"crypto/sha1"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"flag"
	"io"
	"log"
	"net/url"
	"os"
	"os/signal"
	"syscall"

	"github.com/vmware/govmomi/simulator"
	// Serves tags under /rest by being there.
	_ "github.com/vmware/govmomi/vapi/simulator"
)

type announcement struct {
	URL    string `json:"url"`
	SHA256 string `json:"sha256"`
	SHA1   string `json:"sha1"`
	PEM    string `json:"pem"`
}

func main() {
	listen := flag.String("listen", "127.0.0.1:0", "address and port; port 0 picks a free one")
	user := flag.String("user", "administrator@vsphere.local", "user name that may log in")
	password := flag.String("password", "vcsim", "password of that user")
	idle := flag.Duration("idle", 0, "idle time after which a session ends; 0 is never")
	host := flag.Bool("esx", false, "be a single host instead of a vCenter")
	centers := flag.Int("datacenters", 1, "datacenters")
	clusters := flag.Int("clusters", 1, "clusters in a datacenter")
	hosts := flag.Int("hosts", 3, "hosts in a cluster")
	stores := flag.Int("datastores", 1, "datastores in a datacenter")
	machines := flag.Int("machines", 2, "virtual machines in a resource pool")
	folders := flag.Int("folders", 0, "datacenters that lie in folders")
	certificate := flag.String("certificate", "", "PEM file with certificate and key; without one a built-in test certificate")
	flag.Parse()

	model := simulator.VPX()
	if *host {
		model = simulator.ESX()
	} else {
		model.Datacenter, model.Cluster, model.ClusterHost, model.Host = *centers, *clusters, *hosts, 0
		model.Folder = *folders
	}
	model.Datastore, model.Machine = *stores, *machines
	simulator.SessionIdleTimeout = *idle

	defer model.Remove()
	if err := model.Create(); err != nil {
		log.Fatalf("creating the inventory: %v", err)
	}

	model.Service.Listen = &url.URL{Host: *listen, User: url.UserPassword(*user, *password)}
	model.Service.RegisterEndpoints = true
	model.Service.TLS = new(tls.Config)
	if *certificate != "" {
		pair, err := tls.LoadX509KeyPair(*certificate, *certificate)
		if err != nil {
			model.Remove()
			log.Fatalf("reading the certificate: %v", err)
		}
		model.Service.TLS.Certificates = []tls.Certificate{pair}
	}

	server := model.Service.NewServer()
	defer server.Close()
	announce(server)

	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGINT, syscall.SIGTERM)
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		stop <- syscall.SIGTERM
	}()
	<-stop
}

func announce(server *simulator.Server) {
	der := server.TLS.Certificates[0].Certificate[0]
	longer, shorter := sha256.Sum256(der), sha1.Sum(der)
	line := announcement{
		URL:    (&url.URL{Scheme: server.URL.Scheme, Host: server.URL.Host, Path: server.URL.Path}).String(),
		SHA256: hex.EncodeToString(longer[:]),
		SHA1:   hex.EncodeToString(shorter[:]),
		PEM:    string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})),
	}
	if err := json.NewEncoder(os.Stdout).Encode(line); err != nil {
		log.Fatalf("announcing: %v", err)
	}
}
