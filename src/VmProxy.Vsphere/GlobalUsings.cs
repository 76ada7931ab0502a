// The wire's types are always written with their prefix, so that Vim.VirtualDisk and this project's VirtualDisk cannot be confused.
global using Vim = VmProxy.Vim25;
