using VmProxy.Lab.Cli;

return await LabCommands.Create().Parse(args).InvokeAsync();
